#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent

# Mistakes in the configuration are errors of nginx -t, which name them.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;

my $t = Sandbox->new();
my $plain = Sandbox::default_conf();
my $img = 'image=sandbox-base network=none';

my ($good, $out) = $t->check_conf();
ok($good, 'the plain configuration passes') or diag($out);
ok(! -e "$t->{state}/instance", 'nginx -t makes no installation');

# classes

bad_class('no image', 'a memory=64m network=none', qr/image/);
bad_class('no default, an odd name', "A/b $img", qr{A/b});
bad_class('an unknown option', "a $img colour=red", qr/colour=red/);
for my $value ('memory=12q', 'memory=-1', 'memory=', 'cpus=x', 'cpus=-1',
    'cpus=0', 'cpus=', 'pids=many', 'pids=-5', 'pids=', 'sleep_after=soon',
    'sleep_after=', 'user=', 'image=', 'max_awake=', 'max_awake=0',
    'max_awake=soon', 'max_awake=-1', 'max_age=', 'max_age=0', 'max_age=1x',
    'retain=', 'retain=0', 'retain=never', 'disk=', 'disk=15m', 'disk=many',
    'disk=-1g', 'env=', 'env=A', 'env==x', 'env=1A=x', 'env=A-B=x',
    'env=A B=x', 'memory=5m', 'memory=99999999999g', 'cpus=0.009',
    'cpus=1e3', 'pids=7', 'pids=4194305', 'nofile=255', 'nofile=1048577',
    'nofile=', 'nofile=many', 'prewarm=', 'prewarm=python',
    'prewarm=ruby:1', 'prewarm=python:17', 'prewarm=python:1,',
    'prewarm=python:1,python:2', 'prewarm=python:x', 'shm=', 'shm=0', 'shm=1023k', 'shm=-1', 'shm=half', 'sleep_after=-1', 'user=:g',
    'user=u:', 'user=a:b:c', 'user=a b', 'user=-1', 'user=' . 'u' x 129,
    'image=a b', 'image=-a', 'image=/a', 'image=' . 'i' x 256, 'disk=0',
    'network=', 'network=bridge', 'runtime=')
{
    bad_class($value, $value =~ /^image/ ? "a network=none \"$value\""
        : "a $img \"$value\"", qr/\Q$value\E/);
}
bad_class('a variable twice', "a $img env=A=1 env=B=2 env=A=3",
    qr/duplicate.*"env=A=3"/);
bad_class('a variable that is no UTF-8', "a $img \"env=A=\xff\"", qr/env=A=/);
bad_class('a variable with a line feed', "a $img \"env=A=1\n2\"", qr/env=A=/);
bad_class('too much environment', "a $img " . join(' ',
    map { "env=V$_=" . 'x' x 2048 } 1 .. 4), qr/"a" exceed 8192 bytes/);
bad_class('network=host', 'a image=sandbox-base network=host', qr/host/);
bad_class('runtime=kata', "a $img runtime=kata", qr/kata/);
bad_class('runtime=runsc', "a $img runtime=runsc", qr/runsc/);
good_class('every kind of image and user', 'a network=none user=me.x_y-z:1000 '
    . 'image=registry.example.com:5000/a_b/c-d@sha256:0123456789abcdef');
good_class('runtime=runc', "a $img runtime=runc");
good_class('everything', "a $img memory=512m shm=1m cpus=0.0625 pids=256 nofile=256 "
    . 'prewarm=python:1,typescript:16 '
    . 'sleep_after=10m max_awake=12h max_age=30d retain=7d disk=2g '
    . 'env=A=1 "env=B=x y=z" env=_C1=');

bad('a class twice', { classes => ["default $img", "default $img"] },
    qr/default/);
bad('a default class that is none', { api => '    sandbox_default_class x;' },
    qr/"x"/);

# the state directory

my $long = '/tmp/' . 'x' x 80;
bad('a state directory too long', { state => $long }, qr/\Q$long\E/);
my $max = '/tmp/' . 'x' x 60;
bad_conf('none at all', sub { s/sandbox_state .*;//r }, qr/sandbox_state/);

# the longest that passes leaves room for the longest socket

my $len = 40;
for (40 .. 107) {
    $t->write_conf(state => '/tmp/' . 'x' x ($_ - 5));
    last if !($t->check_conf())[0];
    $len = $_;
    rmdir $t->{state};
}
cmp_ok($len + length('/.run/') + 26 + length('/control.sock'), '<=', 107,
    "the longest that passes has $len characters");
cmp_ok($len, '>=', 50, 'and is long enough to be of use');
$t->write_conf(state => "$t->{dir}/s");

# the engine

for my $engine ('unix:', 'unix:relative/path', 'ftp://host:21',
    'http://', 'http://host:99999', 'http://host:port', 'tcp://host:2375', '')
{
    bad("sandbox_engine \"$engine\"", { engine => "\"$engine\"" },
        qr/sandbox_engine|engine/);
}
for my $engine ('unix:/var/run/docker.sock', 'http://127.0.0.1:2375',
    'http://docker-proxy:2375')
{
    good("sandbox_engine $engine", { engine => $engine });
}
$t->write_conf(engine => 'unix:/var/run/docker.sock');

# backups

for my $size ('-1', 'many', '1x', '') {
    bad("sandbox_backup_size \"$size\"",
        { http => "    sandbox_backup_size \"$size\";" },
        qr/sandbox_backup_size/);
}
good("sandbox_backup_size $_", { http => "    sandbox_backup_size $_;" })
    for qw/0 512m 100g/;
bad('sandbox_backup_size twice', { http => '    sandbox_backup_size 1g; '
    . 'sandbox_backup_size 2g;' }, qr/duplicate/);
$t->write_conf(http => '');

# preview urls

for my $url ('*.example.com', 'http://example.com', 'ftp://*.example.com',
    'http://*.', 'http://*.example.com:0', 'http://*.example.com:port',
    'http://*.exa mple.com', 'http://a.*.example.com',
    'http://*.example.com/path')
{
    bad("sandbox_preview_url $url",
        { http => "    sandbox_preview_url \"$url\";" }, qr/preview_url/);
}
good('two preview urls',
    { http => '    sandbox_preview_url https://*.preview.example.com;' });
bad_conf('sandbox_preview without a preview url',
    sub { s/sandbox_preview_url .*;//r }, qr/sandbox_preview_url/);

# times and sizes

for my $line ('sandbox_start_timeout soon', 'sandbox_engine_timeout -1',
    'sandbox_zone x', 'sandbox_zone x:1', 'sandbox_zone :1m',
    'sandbox_state', 'sandbox_agent')
{
    my ($name) = split ' ', $line;
    bad_conf($line, sub { (s/^ *$name .*;\n//mr)
        =~ s/^(http \{)/$1\n    $line;/mr }, qr/$name|zone/);
}

# authentication

bad_conf('an API without keys or auth off', sub { s/%%AUTH%%//r },
    qr/sandbox_api_key_file/);
good_conf('auth off', sub { s/%%AUTH%%/sandbox_api_auth off;/r });

my $file = "$t->{dir}/keyfile";
for my $case (
    ['a key too short', 'alice:short'],
    ['a key with a space', 'alice:a key with a space in it'],
    ['no key', 'alice'],
    ['no name', ':key-0123456789abcdef'],
    ['an odd name', 'al/ice:key-0123456789abcdef'],
    ['a name twice', "alice:key-0123456789abcdef\nalice:key-0123456789abcxyz"],
    ['a key twice', "alice:key-0123456789abcdef\nbob:key-0123456789abcdef"],
    ['an unknown field', 'alice:key-0123456789abcdef:colour=red'],
    ['a key too long', 'alice:' . 'k' x 300],
    ['nothing', '# nothing'],
) {
    Sandbox::spew($file, "# a comment\n$case->[1]\n");
    my $log = conf_fails(sub {
        s/%%AUTH%%/sandbox_api_key_file $file;/r });
    if (defined $log) {
        pass("key file, $case->[0]: refused");
        like($log, qr/\Q$file\E|none/, "key file, $case->[0]: named");
        unlike($log, qr/0123456789|kkkk|a key with/,
            "key file, $case->[0]: without the key");
    } else {
        fail("key file, $case->[0]: refused") for 1 .. 3;
    }
}
Sandbox::spew($file, "alice:key-0123456789abcdef\n"
    . "bob:key-0123456789abcdeg:admin\n"
    . "carol:key-0123456789abcdeh:classes=default\n");
good_conf('a key file', sub { s/%%AUTH%%/sandbox_api_key_file $file;/r });
bad_conf('a key file that is not there',
    sub { s{%%AUTH%%}{sandbox_api_key_file /no/such;}r }, qr{/no/such});

# what proxies to the sandboxes

my $proxy = Sandbox::root_dir() . '/conf/sandbox_proxy.conf';
bad_conf('a location that proxies without sandbox_api or sandbox_preview',
    sub { s/sandbox_preview;//r }, qr/sandbox_preview/);
bad_conf('one that does not ignore X-Accel-*',
    sub { s/sandbox_preview;\s+include %%PROXY%%;/sandbox_preview;/r },
    qr/X-Accel-Redirect/);
for my $name (qw/Redirect Expires Limit-Rate Charset/) {
    my $text = Sandbox::slurp($proxy) =~ s/X-Accel-$name//r;
    Sandbox::spew("$t->{dir}/proxy.conf", $text);
    bad_conf("one that obeys X-Accel-$name",
        sub { s{include %%PROXY%%}{include $t->{dir}/proxy.conf}gr },
        qr/ignore/);
}
good_conf('a cache of previews', sub {
    s{^(http \{)}{$1\n    proxy_cache_path %%DIR%%/c keys_zone=c:1m;}m;
    s/(sandbox_preview;)/$1 proxy_cache c; proxy_cache_key \$uri;/r;
});
bad_conf('a cache of the API', sub {
    s{^(http \{)}{$1\n    proxy_cache_path %%DIR%%/c keys_zone=c:1m;}m;
    s/(sandbox_api;)/$1 proxy_cache c;/r;
}, qr/proxy_cache/);

# what is so unless a port's policy says else

for my $line ('access link', 'access key', 'access public', 'host public',
    'cors app', 'cors off', 'cors reflect', 'cookies off', 'strip off',
    'cors https://a.example http://b.example:81', 'strip cookie authorization',
    'limit connections=1', 'limit rate=100000 body=1g connections=65535')
{
    good_conf("sandbox_preview_$line",
        sub { s/sandbox_preview;/sandbox_preview; sandbox_preview_$line;/r });
    good_conf("sandbox_preview_$line in the http block",
        sub { s/^(http \{)/$1\n    sandbox_preview_$line;/mr });
}
for my $line ('access all', 'access link key', 'host example.com', 'cors',
    'cors *', 'cors a.example', 'cors https://A.example', 'cors off app',
    'cookies all', 'strip host', 'strip off cookie', 'limit', 'limit 5',
    'limit connections=0', 'limit connections=65536', 'limit rate=0',
    'limit rate=5r/s', 'limit body=0', 'limit body=x', 'limit other=1',
    'access link; sandbox_preview_access key', 'cors off; sandbox_preview_cors '
    . 'app', 'strip off; sandbox_preview_strip off',
    'limit rate=1; sandbox_preview_limit rate=2')
{
    my ($name) = $line =~ /^(\w+)/;
    bad_conf("sandbox_preview_$line",
        sub { s/sandbox_preview;/sandbox_preview; sandbox_preview_$line;/r },
        qr/sandbox_preview_$name|invalid value/);
}
bad_conf('sandbox_api and sandbox_preview in one location',
    sub { s/sandbox_preview;/sandbox_preview; sandbox_api;/r },
    qr/sandbox_api/);

if (nginx_version() < 1029007) {
    bad_conf('keepalive before sandbox in the upstream',
        sub { s/sandbox; keepalive 256;/keepalive 256; sandbox;/r },
        qr/keepalive|load balancing|sandbox/);

} else {

    # since this version, the order of the two does not matter

    $t->write_conf(conf => $plain
        =~ s/sandbox; keepalive 256;/keepalive 256; sandbox;/r);
    is(($t->check_conf())[1] =~ /successful/, 1, 'keepalive may come first');
}

$t->write_conf(conf => $plain);
is(scalar(glob("$t->{state}/*")), undef,
    'none of this has made anything in the state directory');

$t->start();
is($t->api('GET', '/health')->{status}, 200, 'and the plain one starts');
my $mode = (stat $t->{state})[2] & 07777;
is(sprintf('%o', $mode), '700', 'its state directory is closed to others');
is((getpwuid((stat _)[4]))[0], 'nginx-sandbox', 'and the workers\' user\'s');

$t->done();


sub check
{
    my (%o) = @_;
    my %before = map { $_ => $t->{$_} } keys %o;
    $t->write_conf(%o);
    my @result = $t->check_conf();
    $t->{$_} = $before{$_} for keys %before;
    return @result;
}


sub bad
{
    my ($name, $o, $re) = @_;
    my ($passed, $text) = check(%$o);
    ok(!$passed, "$name: refused");
    like($text, qr/\[emerg\].*$re/, "$name: said why");
}


sub good
{
    my ($name, $o) = @_;
    my ($passed, $text) = check(%$o);
    ok($passed, "$name: passes") or diag($text);
}


sub bad_class
{
    my ($name, $line, $re) = @_;
    bad("class with $name", { classes => ["default $img", $line] }, $re);
}


sub good_class
{
    my ($name, $line) = @_;
    good("class with $name", { classes => ["default $img", $line] });
}


sub edited
{
    my ($edit) = @_;
    local $_ = $plain;
    my $conf = $edit->();
    die "the edit changes nothing" if $conf eq $plain;
    return check(conf => $conf);
}


sub conf_fails
{
    my ($passed, $text) = edited(@_);
    return $passed ? undef : $text;
}


sub bad_conf
{
    my ($name, $edit, $re) = @_;
    my ($passed, $text) = edited($edit);
    ok(!$passed, "$name: refused");
    like($text, qr/\[emerg\].*$re/, "$name: said why");
}


sub good_conf
{
    my ($name, $edit) = @_;
    my ($passed, $text) = edited($edit);
    ok($passed, "$name: passes") or diag($text);
}
