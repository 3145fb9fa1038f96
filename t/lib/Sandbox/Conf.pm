package Sandbox::Conf;

# Copyright (C) the ngx_sandbox authors

# The configuration of a test's nginx; what stands between %% is filled in.

use warnings;
use strict;

use Exporter 'import';

our @EXPORT_OK = 'default_conf';


sub default_conf
{
    return <<'CONF';
load_module %%MODULE%%;
user %%USER%% %%GROUP%%;
worker_processes %%WORKERS%%;
worker_shutdown_timeout 15s;
daemon on;
%%MAIN%%
pid %%DIR%%/nginx.pid;
error_log %%DIR%%/error.log %%LEVEL%%;

events {
    worker_connections 2048;
}

http {
    log_format sandbox '$remote_addr "$sandbox_request" $status $body_bytes_sent '
                       '"$sandbox_referer" $sandbox_host id=$sandbox_id '
                       'port=$sandbox_port class=$sandbox_class '
                       'owner=$sandbox_owner start=$sandbox_start '
                       'wait=$sandbox_wait_time';
    access_log %%DIR%%/access.log sandbox;

    client_body_temp_path %%DIR%%/body;
    proxy_temp_path %%DIR%%/proxy;
    fastcgi_temp_path %%DIR%%/fastcgi;
    uwsgi_temp_path %%DIR%%/uwsgi;
    scgi_temp_path %%DIR%%/scgi;

    underscores_in_headers on;
    ignore_invalid_headers off;
    large_client_header_buffers 4 32k;

    sandbox_state %%STATE%%;
    sandbox_zone sandbox:1m;
    sandbox_engine %%ENGINE%%;
    sandbox_agent %%AGENT%%;
%%CLASSES%%
    sandbox_preview_url http://*.localhost:%%PORT%%;
%%HTTP%%

    upstream sandbox { sandbox; keepalive 256; keepalive_timeout 4s; }

    server {
        listen 127.0.0.1:%%PORT%%;
        server_name localhost 127.0.0.1;
%%AUTH%%
%%API%%
        location = /health { sandbox_api; include %%PROXY%%; proxy_pass http://sandbox; }
        location /v1/ { sandbox_api; include %%PROXY%%; proxy_pass http://sandbox; }
        location = /metrics { sandbox_status; }
    }

    server {
        listen 127.0.0.1:%%PORT%%;
        server_name *.localhost;

        location / {
            sandbox_preview;
            include %%PROXY%%;
%%PREVIEW%%
            proxy_pass http://sandbox;
        }
    }
}
CONF
}


1;
