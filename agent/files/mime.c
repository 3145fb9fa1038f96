
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "files/mime.h"


typedef struct {
    const char  *type;
    const char  *names;                /* extensions, each after a space */
} agent_mime_row_t;


static const char *agent_mime_find(const agent_mime_row_t *rows,
    const char *name);


static const agent_mime_row_t  agent_mime_extensions[] = {
    { "text/plain", " txt text log conf cfg ini env properties diff patch lst"
      " list lock rst adoc tex c cc cpp cxx h hh hpp hxx m mm go rs py pyi rb"
      " pl pm t lua java kt kts scala clj cs fs vb swift dart r jl hs ml ex"
      " exs erl zig nim v vhd asm s sh bash zsh fish ps1 bat cmd awk sed mk"
      " cmake gradle groovy proto graphql gql prisma tf hcl nix dockerfile"
      " gitignore gitattributes editorconfig npmrc nvmrc srt vtt" },
    { "text/html", " html htm shtml" },
    { "text/css", " css scss sass less" },
    { "text/csv", " csv" },
    { "text/tab-separated-values", " tsv" },
    { "text/markdown", " md markdown mdx" },
    { "text/calendar", " ics" },
    { "text/javascript", " js mjs cjs jsx vue svelte" },
    { "application/typescript", " ts tsx mts cts" },
    { "application/json", " json map jsonc json5 ipynb har" },
    { "application/ld+json", " jsonld" },
    { "application/geo+json", " geojson" },
    { "application/json-seq", " jsonl ndjson" },
    { "application/manifest+json", " webmanifest" },
    { "application/xml", " xml xsd xsl xslt plist wsdl" },
    { "application/xhtml+xml", " xhtml" },
    { "application/rss+xml", " rss" },
    { "application/atom+xml", " atom" },
    { "application/yaml", " yaml yml" },
    { "application/toml", " toml" },
    { "application/sql", " sql" },
    { "application/rtf", " rtf" },
    { "application/x-httpd-php", " php phtml" },
    { "image/svg+xml", " svg" },
    { "image/png", " png" },
    { "image/jpeg", " jpg jpeg jfif" },
    { "image/gif", " gif" },
    { "image/webp", " webp" },
    { "image/avif", " avif" },
    { "image/bmp", " bmp" },
    { "image/tiff", " tif tiff" },
    { "image/heic", " heic" },
    { "image/x-icon", " ico cur" },
    { "image/vnd.adobe.photoshop", " psd" },
    { "audio/mpeg", " mp3" },
    { "audio/mp4", " m4a" },
    { "audio/aac", " aac" },
    { "audio/ogg", " ogg oga opus" },
    { "audio/flac", " flac" },
    { "audio/wav", " wav" },
    { "audio/midi", " mid midi" },
    { "video/mp4", " mp4 m4v" },
    { "video/webm", " webm" },
    { "video/ogg", " ogv" },
    { "video/quicktime", " mov" },
    { "video/x-msvideo", " avi" },
    { "video/x-matroska", " mkv" },
    { "video/mpeg", " mpg mpeg" },
    { "font/woff", " woff" },
    { "font/woff2", " woff2" },
    { "font/ttf", " ttf" },
    { "font/otf", " otf" },
    { "application/pdf", " pdf" },
    { "application/zip", " zip whl" },
    { "application/gzip", " gz tgz" },
    { "application/x-bzip2", " bz2" },
    { "application/x-xz", " xz" },
    { "application/zstd", " zst" },
    { "application/x-7z-compressed", " 7z" },
    { "application/vnd.rar", " rar" },
    { "application/x-tar", " tar" },
    { "application/java-archive", " jar war" },
    { "application/wasm", " wasm" },
    { "application/msword", " doc" },
    { "application/vnd.ms-excel", " xls" },
    { "application/vnd.ms-powerpoint", " ppt" },
    { "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
      " docx" },
    { "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
      " xlsx" },
    { "application/vnd.openxmlformats-officedocument.presentationml"
      ".presentation", " pptx" },
    { "application/vnd.oasis.opendocument.text", " odt" },
    { "application/vnd.oasis.opendocument.spreadsheet", " ods" },
    { "application/vnd.oasis.opendocument.presentation", " odp" },
    { "application/epub+zip", " epub" },
    { "application/vnd.sqlite3", " sqlite sqlite3" },
    { "application/vnd.apache.parquet", " parquet" },
    { "application/vnd.debian.binary-package", " deb" },
    { "application/x-sharedlib", " so" },
    { "application/x-python-code", " pyc" },
    { NULL, NULL }
};


/* names without an extension */

static const agent_mime_row_t  agent_mime_names[] = {
    { "text/plain", " Dockerfile Containerfile Makefile GNUmakefile Rakefile"
      " Gemfile Procfile Vagrantfile Jenkinsfile Brewfile Justfile LICENSE"
      " COPYING README CHANGELOG CHANGES AUTHORS NOTICE .gitignore"
      " .gitattributes .gitmodules .dockerignore .npmignore .editorconfig"
      " .env .npmrc .nvmrc .bashrc .profile .bash_profile .zshrc .vimrc"
      " .htaccess" },
    { NULL, NULL }
};


/* text, though its type does not begin with "text/" or end with a suffix */

static const char *const  agent_mime_texts[] = {
    "application/ecmascript", "application/javascript", "application/json",
    "application/json-seq", "application/rtf", "application/sql",
    "application/toml", "application/typescript", "application/x-empty",
    "application/x-httpd-php", "application/x-javascript",
    "application/x-sh", "application/x-shellscript",
    "application/x-typescript", "application/x-yaml", "application/xml",
    "application/xml-dtd", "application/xml-external-parsed-entity",
    "application/yaml", "inode/x-empty", NULL
};


const char *
agent_mime_of_name(const char *name)
{
    const char  *dot, *slash, *type;

    slash = strrchr(name, '/');

    if (slash) {
        name = slash + 1;
    }

    type = agent_mime_find(agent_mime_names, name);

    if (type) {
        return type;
    }

    /* ".png" is a hidden file without an extension */

    dot = strrchr(name, '.');

    if (dot == NULL || dot == name) {
        return NULL;
    }

    return agent_mime_find(agent_mime_extensions, dot + 1);
}


static const char *
agent_mime_find(const agent_mime_row_t *rows, const char *name)
{
    size_t                   len;
    const char              *p;
    const agent_mime_row_t  *row;

    len = strlen(name);

    if (len == 0 || memchr(name, ' ', len)) {
        return NULL;
    }

    for (row = rows; row->type; row++) {

        for (p = row->names; *p == ' '; p += strcspn(p, " ")) {
            p++;

            if (strncasecmp(p, name, len) == 0
                && (p[len] == ' ' || p[len] == '\0'))
            {
                return row->type;
            }
        }
    }

    return NULL;
}


const char *
agent_mime_of_bytes(const char *buf, size_t len, int whole)
{
    if (len == 0) {
        return "inode/x-empty";
    }

    if (!whole) {
        len -= agent_utf8_incomplete(buf, len);
    }

    if (memchr(buf, '\0', len) || !agent_utf8_valid(buf, len)) {
        return AGENT_MIME_UNKNOWN;
    }

    return "text/plain";
}


int
agent_mime_valid(const char *text, size_t len)
{
    size_t       i;
    const char  *slash;

    slash = memchr(text, '/', len);

    if (len == 0 || len >= AGENT_MIME_MAX || slash == NULL || slash == text
        || slash == text + len - 1)
    {
        return 0;
    }

    for (i = 0; i < len; i++) {

        if (text[i] <= ' ' || text[i] == '"' || text[i] == '\\'
            || text[i] == ':' || text[i] == 0x7f)
        {
            return 0;
        }
    }

    return 1;
}


int
agent_mime_text(const char *type)
{
    size_t  i, len;

    if (strncmp(type, "text/", 5) == 0) {
        return 1;
    }

    for (i = 0; agent_mime_texts[i]; i++) {

        if (strcmp(type, agent_mime_texts[i]) == 0) {
            return 1;
        }
    }

    /* a suffix only: the types of office documents have "xml" within */

    len = strlen(type);

    return (len > 5 && strcmp(type + len - 5, "+json") == 0)
           || (len > 4 && strcmp(type + len - 4, "+xml") == 0);
}
