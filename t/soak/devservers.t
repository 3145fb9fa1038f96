#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors

# Dev servers and frameworks behind previews that wake, as their packages are:
# page, hot reload, sleep and wake.  t/browser_vite.t has Vite.

use warnings;
use strict;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;
use Sandbox::Browser;
use Sandbox::Npm;

my $t = Sandbox->new(classes => ['default image=sandbox-base memory=1g '
    . 'cpus=2 pids=512 network=none sleep_after=30m'],
    http => '    sandbox_wake_timeout 55s;')->start();

# npm's and Debian's packages come from here: the sandboxes have no network

my $node = Sandbox::Npm::install("$FindBin::Bin/devservers", 'devservers');
my $python = python();
my $page = q{<h1 id="message">first</h1>};

my @servers = (
    { name => 'python -m http.server', port => 8000,
        files => { 'index.html' => $page },
        command => 'exec python3 -m http.server 8000' },
    { name => 'Flask', port => 5000, python => 1,
        files => { 'app.py' => "from flask import Flask\n"
            . "app = Flask(__name__)\n\n\@app.get('/')\ndef index():\n"
            . "    return '$page'\n" },
        command => 'exec python3 -m flask run --port 5000' },
    { name => 'FastAPI', port => 8001, python => 1,
        files => { 'main.py' => "from fastapi import FastAPI\n"
            . "from fastapi.responses import HTMLResponse\n"
            . "app = FastAPI()\n\n\@app.get('/', "
            . "response_class=HTMLResponse)\ndef index():\n"
            . "    return '$page'\n" },
        command => 'exec python3 -m uvicorn main:app --port 8001' },
    { name => 'Express', port => 3000, node => 1,
        files => { 'server.mjs' => "import express from 'express';\n"
            . "const app = express();\n"
            . "app.get('/', (q, r) => r.send('$page'));\n"
            . "app.listen(process.env.PORT, '127.0.0.1');\n" },
        command => 'exec node server.mjs' },
    { name => 'Next.js', port => 3001, node => 1,
        files => { 'app/layout.js' => "export default function Layout("
            . "{ children }) {\n  return <html><body>{children}</body>"
            . "</html>;\n}\n",
            'app/page.js' => nextjs('first') },
        command => 'exec node node_modules/next/dist/bin/next dev --webpack '
            . '-p 3001',
        edit => { file => '/workspace/app/page.js',
            text => nextjs('second') } },
);

for my $s (@servers) {
    (my $id = lc $s->{name}) =~ s/[^a-z]+/-/g;
    $id =~ s/-$//;
    note($s->{name});

    # the app's directory is /workspace, the packages beside it

    for my $file (sort keys %{$s->{files}}) {
        is($t->put($id, "workspace/$file", $s->{files}{$file})->{status}, 200,
            "$s->{name}: $file");
    }
    send_tar($id, $node, 'node_modules') if $s->{node};
    send_tar($id, $python, 'python') if $s->{python};

    my $env = $s->{python} ? 'PYTHONPATH=/workspace/python ' : '';
    (my $command = $s->{command}) =~ s/^exec /exec env $env/;
    my $url = $t->expose($id, $s->{port}, wake => JSON::PP::true,
        command => $command);

    my $res = Sandbox::Browser::run($t, 'devserver.mjs', { url => $url,
        id => $id, api => "http://localhost:$t->{port}",
        edit => $s->{edit} });
    is($res->{first}, 'first', "$s->{name}: its page")
        or diag(log_of($id, $s->{port}));
    is("@{$res->{errors} || ['?']}", '', 'without an error');
    if ($s->{edit}) {
        is($res->{second}, 'second', 'a file that is edited: it changes');
        is($res->{mark}, 'kept', 'without a load');
    }

    is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'asleep');
    $res = Sandbox::Browser::run($t, 'devserver.mjs', { url => $url,
        id => $id, api => "http://localhost:$t->{port}" })
        if !$s->{edit};
    is($res->{first}, 'first', 'and awake again');
    is($t->api('DELETE', "/v1/sandbox/$id")->{status}, 204, 'destroyed');
}

$t->done();


sub nextjs
{
    my ($text) = @_;
    return "'use client';\n\nexport default function Page() {\n"
        . "  return <h1 id=\"message\">$text</h1>;\n}\n";
}


# Flask, FastAPI and what they need, unpacked below build/

sub python
{
    my $to = build_dir() . '/python-packages';
    my @packages = map { "python3-$_" } qw/flask werkzeug jinja2 markupsafe
        itsdangerous click fastapi starlette pydantic typing-extensions
        anyio sniffio idna uvicorn h11 asgiref/;

    if (! -e "$to/stamp") {
        File::Path::make_path("$to/debs", "$to/root");
        my $out = `cd $to/debs && apt-get download @packages 2>&1 && for deb in *.deb; do dpkg -x "\$deb" ../root || exit 1; done`;
        is($?, 0, 'the packages of Debian') or Sandbox::bail($out);
        rename "$to/root/usr/lib/python3/dist-packages", "$to/python"
            or die $!;
        spew("$to/stamp", '');
    }

    return $to;
}


sub send_tar
{
    my ($id, $dir, $name) = @_;
    my $tar = "$t->{dir}/packages.tar";
    is(system('tar', '-C', $dir, '-cf', $tar, $name), 0, "$name: packed");
    my $out = `curl -sS -T $tar http://localhost:$t->{port}/v1/sandbox/$id/file/workspace/packages.tar`;
    like($out, qr/"ok":true/, "$name: sent");
    ok(defined $t->run_in($id, 'tar xf packages.tar && rm packages.tar',
        cwd => '/workspace'), "$name: unpacked");
}


sub log_of
{
    my ($id, $port) = @_;
    return $t->api('GET', "/v1/sandbox/$id/ports/$port/diagnose")->{body};
}
