/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Shows the document.  A key with which the page was opened is removed from
 * its address, and sent with the calls that are tried.
 */

(() => {
    'use strict';

    const url = new URL(location.href);
    const key = url.searchParams.get('token')
        ?? url.searchParams.get('sandbox_key');

    if (key !== null) {
        url.searchParams.delete('token');
        url.searchParams.delete('sandbox_key');
        history.replaceState(null, '', url);
    }

    const viewer = window.SwaggerUIBundle({
        spec: JSON.parse(document.getElementById('document').textContent),
        dom_id: '#page',
        deepLinking: true,
        docExpansion: 'none',
        defaultModelsExpandDepth: 0,
        displayRequestDuration: true,
        filter: true,
        tryItOutEnabled: true,
        validatorUrl: null,
        onComplete: () => {
            if (key !== null) {
                viewer.preauthorizeApiKey('BearerAuth', key);
            }
        },
    });
})();
