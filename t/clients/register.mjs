// Copyright (C) the ngx_sandbox authors

import { register } from 'node:module';

register('./hooks.mjs', import.meta.url);
