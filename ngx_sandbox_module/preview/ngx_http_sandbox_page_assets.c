
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "preview/ngx_http_sandbox_page_assets.h"


/* style, script and texts of pages */


#define NGX_HTTP_SANDBOX_ICON_COMPASS                                         \
    "<circle cx=\"12\" cy=\"12\" r=\"9\"/>"                                   \
    "<path d=\"M15.5 8.5l-2 5-5 2 2-5z\"/>"
#define NGX_HTTP_SANDBOX_ICON_MOON                                            \
    "<path d=\"M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z\"/>"         \
    "<path d=\"M15 4h4l-4 4.5h4\"/>"
#define NGX_HTTP_SANDBOX_ICON_PLUG                                            \
    "<path d=\"M9 3v5m6-5v5M6 8h12v3a6 6 0 0 1-12 0zm6 9v4\"/>"
#define NGX_HTTP_SANDBOX_ICON_GLASS                                           \
    "<path d=\"M7 3h10M7 21h10M8 3v4l4 5 4-5V3M8 21v-4l4-5 4 5v4\"/>"
#define NGX_HTTP_SANDBOX_ICON_BOX                                             \
    "<path d=\"M12 3l8 4.5v9L12 21l-8-4.5v-9zm0 9l8-4.5M12 12L4 7.5"          \
    "M12 12v9\"/>"
#define NGX_HTTP_SANDBOX_ICON_ALERT                                           \
    "<path d=\"M12 4l9 16H3zm0 6v4m0 3v.01\"/>"
#define NGX_HTTP_SANDBOX_ICON_LOCK                                            \
    "<rect x=\"5\" y=\"11\" width=\"14\" height=\"9\" rx=\"2\"/>"             \
    "<path d=\"M8 11V8a4 4 0 0 1 8 0v3\"/>"
#define NGX_HTTP_SANDBOX_ICON_TURN                                            \
    "<circle cx=\"12\" cy=\"12\" r=\"9\" opacity=\".25\"/>"                   \
    "<path d=\"M12 3a9 9 0 0 1 9 9\"/>"


static const ngx_http_sandbox_page_words_t
    ngx_http_sandbox_page_assets_list[] =
{

    { "WAKING", 0, "Waking up",
      NGX_HTTP_SANDBOX_ICON_TURN, "",
      "The sandbox and its app are starting. This page reloads when the app "
      "is ready." },

    { "INVALID_TOKEN", 0, "Preview not found",
      NGX_HTTP_SANDBOX_ICON_COMPASS, "", NULL },

    { "STALE_PREVIEW_URL", 0, "This preview is asleep",
      NGX_HTTP_SANDBOX_ICON_MOON,
      "The owner can wake it by using the sandbox, or by exposing the port "
      "with \"wake\": true. Then reload this page.",
      NULL },

    { "PORT_NOT_LISTENING", 0, "No app is listening yet",
      NGX_HTTP_SANDBOX_ICON_PLUG, NULL,
      "This page reloads as soon as the app is listening." },

    { "PORT_COMMAND_FAILED", 0, "The app did not start",
      NGX_HTTP_SANDBOX_ICON_ALERT, NULL,
      "This page reloads as soon as the app is listening." },

    { "WAKE_TIMEOUT", 0, "The app is taking too long to start",
      NGX_HTTP_SANDBOX_ICON_GLASS, NULL, NULL },

    { "PORT_TIMEOUT", 0, "The app does not accept connections",
      NGX_HTTP_SANDBOX_ICON_GLASS, NULL, NULL },

    { "SERVICE_NOT_RESPONDING", NGX_HTTP_GATEWAY_TIME_OUT,
      "The app did not respond in time",
      NGX_HTTP_SANDBOX_ICON_GLASS,
      "Check what the app is doing, then try again.", NULL },

    { "SERVICE_NOT_RESPONDING", 0, "The app closed the connection",
      NGX_HTTP_SANDBOX_ICON_ALERT,
      "Check the app's output: it may have crashed. Then try again.",
      NULL },

    { "REDIRECT_LOOP", 0, "The app redirects to itself",
      NGX_HTTP_SANDBOX_ICON_ALERT, NULL, NULL },

    { "CONTAINER_UNAVAILABLE", 0, "The sandbox cannot be started",
      NGX_HTTP_SANDBOX_ICON_BOX,
      "Try again in a moment. If the problem persists, contact the "
      "administrator.",
      NULL },

    { NULL, NGX_HTTP_UNAUTHORIZED, "This preview requires a key",
      NGX_HTTP_SANDBOX_ICON_LOCK, NULL, NULL },

    { NULL, NGX_HTTP_FORBIDDEN, "Access denied",
      NGX_HTTP_SANDBOX_ICON_LOCK, NULL, NULL },

    { NULL, NGX_HTTP_TOO_MANY_REQUESTS, "Too many requests",
      NGX_HTTP_SANDBOX_ICON_GLASS, NULL, NULL },

    { NULL, 0, "Something went wrong",
      NGX_HTTP_SANDBOX_ICON_ALERT, NULL, NULL }
};


const ngx_http_sandbox_page_words_t *
ngx_http_sandbox_page_assets_words(ngx_uint_t status, const char *code)
{
    const ngx_http_sandbox_page_words_t  *w;

    for (w = ngx_http_sandbox_page_assets_list; w->code || w->status; w++) {

        if ((w->code == NULL || ngx_strcmp(w->code, code) == 0)
            && (w->status == 0 || w->status == status))
        {
            break;
        }
    }

    return w;
}


const char  ngx_http_sandbox_page_assets_style[] =
    ":root{color-scheme:light dark;--bg:#f4f5f8;--card:#fff;--ink:#1b1f2a;"
    "--soft:#5a6273;--line:#e2e5ec;--mark:#3b5bdb;--on:#fff;--code:#f1f3f8}"
    "@media(prefers-color-scheme:dark){:root{--bg:#11141b;--card:#1a1e28;"
    "--ink:#e8ebf2;--soft:#a3acbd;--line:#2c3240;--mark:#8fa8ff;--on:#11141b;"
    "--code:#12151d}}"
    "*{box-sizing:border-box}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center;"
    "padding:1.5rem;background:var(--bg);color:var(--ink);"
    "font:1rem/1.55 system-ui,-apple-system,\"Segoe UI\",Roboto,"
    "\"Liberation Sans\",\"DejaVu Sans\",sans-serif}"
    "main{width:100%;max-width:40rem;background:var(--card);padding:2.5rem;"
    "border:1px solid var(--line);border-radius:1rem;"
    "box-shadow:0 1px 2px #0000000a,0 12px 32px #00000012}"
    "svg{width:3rem;height:3rem;fill:none;stroke:var(--mark);stroke-width:"
    "1.6;stroke-linecap:round;stroke-linejoin:round}"
    ".turn{animation:t 1.1s linear infinite}"
    "@keyframes t{to{transform:rotate(1turn)}}"
    "@media(prefers-reduced-motion:reduce){.turn{animation-duration:6s}}"
    "h1{margin:1rem 0 .5rem;font-size:1.6rem;line-height:1.25;"
    "letter-spacing:-.01em;text-wrap:balance}"
    "h2{margin:1.75rem 0 .35rem;font-size:.8rem;font-weight:600;"
    "letter-spacing:.05em;text-transform:uppercase;color:var(--soft)}"
    "p{margin:.35rem 0;overflow-wrap:anywhere;text-wrap:pretty}"
    "#status{color:var(--soft)}"
    "dl{margin:1.75rem 0 0;border-top:1px solid var(--line)}"
    "dl:empty{display:none}"
    "dl div{display:flex;gap:1rem;padding:.55rem 0;"
    "border-bottom:1px solid var(--line)}"
    "dt{flex:0 0 6.5rem;color:var(--soft)}dd{margin:0;min-width:0;"
    "overflow-wrap:anywhere}dd span{color:var(--soft)}"
    "code,pre{font:.85rem/1.5 ui-monospace,\"SF Mono\",Menlo,Consolas,"
    "\"DejaVu Sans Mono\",\"Liberation Mono\",monospace}"
    "code{color:var(--soft)}"
    "pre{margin:.5rem 0 0;padding:.9rem 1rem;max-height:16rem;overflow:auto;"
    "background:var(--code);border:1px solid var(--line);"
    "border-radius:.6rem;white-space:pre-wrap;overflow-wrap:anywhere;"
    "unicode-bidi:plaintext}"
    "pre:empty{display:none}"
    "pre div:empty::before{content:'\\200b'}"
    ".button{display:inline-block;margin-top:1.75rem;padding:.6rem 1.2rem;"
    "border-radius:.6rem;background:var(--mark);color:var(--on);"
    "font-weight:600;text-decoration:none}"
    ".button:hover{filter:brightness(1.08)}"
    ":focus-visible{outline:3px solid var(--mark);outline-offset:3px}"
    "@media(max-width:30rem){body{padding:0;place-items:stretch}"
    "main{padding:1.5rem;border:0;border-radius:0;box-shadow:none}"
    "dt{flex-basis:5rem}}";


/* follows the event stream of page_events.c: state, log */

const char  ngx_http_sandbox_page_assets_script[] =
    "(()=>{'use strict';"
    "const $=i=>document.getElementById(i),log=$('log'),status=$('status'),"
    "state=$('state'),turn=document.querySelector('.turn');"
    "let opened=0,lines=0;"
    "const source=new EventSource('/.sandbox/events');"
    "const stop=(t,h)=>{source.close();status.textContent=t;"
    "if(turn){turn.classList.remove('turn');"
    "turn.innerHTML='<path d=\"M12 4l9 16H3zm0 6v4m0 3v.01\"/>'}"
    "if(h)document.querySelector('h1').textContent=document.title=h};"
    "source.onopen=()=>{if(++opened>12)"
    "stop('The app is still not ready. This page has stopped waiting.',"
    "'The app is taking too long to start')};"
    "source.onerror=()=>{if(source.readyState===2)"
    "stop('This page lost its connection to the server. Try again.')};"
    "source.addEventListener('state',e=>{const d=JSON.parse(e.data);"
    "if(d.sandbox&&state)state.textContent=d.sandbox;"
    "if(d.state==='ready'){source.close();location.reload()}"
    "else if(d.state==='failed')stop(d.message,'The sandbox did not start');"
    "else if(d.state==='asleep')"
    "stop(d.message,'This preview is asleep again');"
    "else status.textContent=d.message});"
    "source.addEventListener('log',e=>{const d=JSON.parse(e.data);"
    "$('output').hidden=false;"
    "const end=log.scrollTop+log.clientHeight>log.scrollHeight-8;"
    "if(!lines)log.textContent='';"
    "if(++lines>200)log.firstChild.remove();"
    "const row=document.createElement('div');"
    "row.textContent=d.text;log.append(row);"
    "if(end)log.scrollTop=log.scrollHeight})"
    "})()";
