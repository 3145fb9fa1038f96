
# Copyright (C) the ngx_sandbox authors
#
# Rules that nginx's build script adds to its Makefile: the document of the API
# and its page, which api/ngx_http_sandbox_openapi.c has in it.  SANDBOX_VIEWER
# is the folder of npm's swagger-ui-dist; without it, there is no page.

ngx_sandbox_openapi=$NGX_OBJS/openapi

cat << END                                                    >> $NGX_MAKEFILE

$NGX_OBJS/addon/api/ngx_http_sandbox_openapi.o: \\
	$ngx_sandbox_openapi/openapi.json

$ngx_sandbox_openapi/openapi.json: $NGX_MAKEFILE $ngx_addon_dir/tools/openapi \\
	$(echo $ngx_addon_dir/openapi/*.json $ngx_addon_dir/openapi/page/*)
	$ngx_addon_dir/tools/openapi $ngx_sandbox_openapi "$SANDBOX_VIEWER"

END
