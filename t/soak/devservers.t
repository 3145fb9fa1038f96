#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine browser

# Dev servers and frameworks behind previews that wake, as their packages are:
# page, hot reload, sleep and wake.  t/browser_vite.t has Vite.  With
# TEST_DEVSERVERS=name that one alone.

use warnings;
use strict;

use JSON::PP;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;
use Sandbox::Browser;
use Sandbox::Image;
use Sandbox::Npm;

# npm's and Debian's packages come from here: the sandboxes have no network

my $class = 'memory=1g cpus=2 pids=512 network=none sleep_after=30m';
my $only = $ENV{TEST_DEVSERVERS} // '';

my $t = Sandbox->new(classes => ["default image=sandbox-base $class",
    "jupyter image=sandbox-test-jupyter $class"],
    http => '    sandbox_wake_timeout 55s;')->start();

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
    { name => 'Express', port => 3000, node => 'devservers',
        files => { 'server.mjs' => "import express from 'express';\n"
            . "const app = express();\n"
            . "app.get('/', (q, r) => r.send('$page'));\n"
            . "app.listen(process.env.PORT, '127.0.0.1');\n" },
        command => 'exec node server.mjs' },
    { name => 'Next.js', port => 3001, node => 'devservers',
        files => { 'app/layout.js' => "export default function Layout("
            . "{ children }) {\n  return <html><body>{children}</body>"
            . "</html>;\n}\n",
            'app/page.js' => nextjs('first') },
        command => 'exec node node_modules/next/dist/bin/next dev --webpack '
            . '-p 3001',
        edit => { file => '/workspace/app/page.js',
            text => nextjs('second') }, mark => 'kept' },
    { name => 'webpack-dev-server', port => 8080,
        node => 'devservers/webpack',
        files => { 'public/index.html' => '<div id="app"></div>'
            . '<script src="/main.js"></script>',
            'src/index.js' => webpack('first') },
        # its client would call the port that it listens on, not the page's
        command => 'exec node node_modules/webpack-cli/bin/cli.js serve '
            . '--mode development --client-web-socket-url-port 0',
        edit => { file => '/workspace/src/index.js',
            text => webpack('second') }, mark => 'kept' },

    # of a page that is not a component the client loads all again

    { name => 'Astro', port => 4321, node => 'devservers/astro',
        files => { 'src/pages/index.astro' => $page },
        command => 'exec env ASTRO_TELEMETRY_DISABLED=1 '
            . 'node node_modules/astro/astro.js dev',
        edit => { file => '/workspace/src/pages/index.astro',
            text => '<h1 id="message">second</h1>' }, mark => '' },
    { name => 'Jupyter', port => 8888, class => 'jupyter',
        browser => 'jupyter.mjs', files => { 'first.ipynb' => notebook() },
        command => "exec jupyter notebook --no-browser --allow-root "
            . "--NotebookApp.token='' --port 8888" },
);

@servers = grep { !$only || $_->{name} eq $only } @servers;
Sandbox::bail("no dev server is named $only") if !@servers;

Sandbox::Image::debian('jupyter', 'jupyter-notebook')
    if grep { $_->{name} eq 'Jupyter' } @servers;
my $python = python() if grep { $_->{python} } @servers;

for my $s (@servers) {
    (my $id = lc $s->{name}) =~ s/[^a-z]+/-/g;
    $id =~ s/-$//;
    note($s->{name});

    is($t->api('POST', '/v1/sandbox', json => { id => $id,
        class => $s->{class} || 'default' })->{status}, 200,
        "$s->{name}: a sandbox");

    # the app's directory is /workspace, the packages beside it

    for my $file (sort keys %{$s->{files}}) {
        is($t->put($id, "workspace/$file", $s->{files}{$file})->{status}, 200,
            "$s->{name}: $file");
    }
    if ($s->{node}) {
        (my $name = $s->{node}) =~ s{/}{-};
        send_tar($id, Sandbox::Npm::install("$FindBin::Bin/$s->{node}",
            $name), 'node_modules');
    }
    send_tar($id, $python, 'python') if $s->{python};

    my $env = $s->{python} ? 'PYTHONPATH=/workspace/python ' : '';
    (my $command = $s->{command}) =~ s/^exec /exec env $env/;
    my $url = $t->expose($id, $s->{port}, wake => JSON::PP::true,
        command => $command);

    my $script = $s->{browser} || 'devserver.mjs';
    my $res = Sandbox::Browser::run($t, $script, { url => $url,
        id => $id, api => "http://localhost:$t->{port}",
        edit => $s->{edit} });
    is($res->{first}, 'first', "$s->{name}: its page")
        or diag(log_of($id, $s->{port}));
    is("@{$res->{errors} || ['?']}", '', 'without an error');
    if ($s->{edit}) {
        is($res->{second}, 'second', 'a file that is edited: it changes');
        is($res->{mark}, $s->{mark}, $s->{mark} ? 'without a load'
            : 'by a load of its own');
    }

    is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200, 'asleep');
    $res = Sandbox::Browser::run($t, $script, { url => $url,
        id => $id, api => "http://localhost:$t->{port}",
        text => $s->{edit} ? 'second' : undef });
    is($res->{first}, $s->{edit} ? 'second' : 'first', 'and awake again');
    is($t->api('DELETE', "/v1/sandbox/$id")->{status}, 204, 'destroyed');
}

$t->done();


sub nextjs
{
    my ($text) = @_;
    return "'use client';\n\nexport default function Page() {\n"
        . "  return <h1 id=\"message\">$text</h1>;\n}\n";
}


# the module that runs again takes the place of the one before

sub webpack
{
    my ($text) = @_;
    return "document.getElementById('app').innerHTML = "
        . "'<h1 id=\"message\">$text</h1>';\n"
        . "module.hot.accept();\n";
}


sub notebook
{
    return JSON::PP->new->canonical->encode({ nbformat => 4,
        nbformat_minor => 5, metadata => { kernelspec => { name => 'python3',
            display_name => 'Python 3', language => 'python' } },
        cells => [{ id => 'one', cell_type => 'code', metadata => {},
            execution_count => undef, outputs => [],
            source => "print('fir' + 'st')" }] });
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
