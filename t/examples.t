#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# README.md and each folder of examples/ do what they say.

use warnings;
use strict;

use File::Basename ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::HTTP;
use Sandbox::Npm;
use Sandbox::Snippet;

my $EXAMPLES = root_dir() . '/examples';
my %runs = (
    'quickstart' => \&quickstart,
    'curl' => \&walk,
    'files' => \&files,
    'code-interpreter' => \&code_interpreter,
    'vite' => \&vite,
    'websocket' => \&chat,
    'nodejs-app' => \&counter,
    'python' => \&python,
    'data-analysis' => \&data_analysis,
    'openai-agents' => \&openai_agents,
    'computesdk' => \&computesdk,
    'ci-pipeline' => \&pipeline,
    'engine-proxy' => \&engine_proxy,
    # t/image.t builds it and runs a command in it
    'extend-image' => sub { },
    # t/browser_terminal.t, in Chromium
    'terminal' => sub { },
);

my @found = map { File::Basename::basename($_) }
    grep { -d } glob "$EXAMPLES/*";
is("@{[sort @found]}", "@{[sort keys %runs]}", 'every example is run here');
ok(-s "$EXAMPLES/$_/README.md", "$_ has a README") for @found;

$runs{$_}->() for sort keys %runs;

complete_conf();
readme();
Sandbox::Snippet::none_left('t/examples.t');

done_testing();


# how the README of an example starts it: the command of that snippet, below
# the clone, with arguments in place of those in brackets; the key and the URL
# are in the environment

sub command_of
{
    my ($name, $begin, @arguments) = @_;
    my $text = Sandbox::Snippet::take("examples/$name/README.md", $begin);

    $text =~ s{SANDBOX_API=https://api\.example\.com }{}g;
    $text =~ s{SANDBOX_KEY=… ?}{}g;
    $text =~ s/ [A-Z\[][A-Z \[\]]*$//m;
    chomp $text;

    return ('bash', '-euo', 'pipefail', '-c',
        'cd ' . root_dir() . "\n" . $text . ' "$@"', $name, @arguments);
}


# the output of a command, its exit status checked

sub output_of
{
    my ($what, $env, @command) = @_;

    local @ENV{keys %$env} = values %$env;

    my $pid = open(my $fh, '-|') // die "fork: $!";
    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        exec @command or POSIX::_exit(127);
    }

    my $out = do { local $/; <$fh> } // '';
    close $fh;
    is($?, 0, "$what ends well") or diag($out);

    return $out;
}


# ends nginx without ending the tests

sub finish
{
    my ($t, $what) = @_;

    my @bad = $t->agent_complaints();
    ok($t->alive() && $t->quit('TERM'), "$what: nginx runs to the end");
    push @bad, $t->bad_lines();
    is(join("\n", @bad), '', "$what: no alert");
    $t->cleanup();
}


# nginx.conf of the quick start as it is, with its names filled in as
# tools/quickstart does, on a free port

sub quickstart
{
    my $conf = slurp("$EXAMPLES/quickstart/nginx.conf");
    my $t = Sandbox->new(workers => 1);
    my $proxy = root_dir() . '/conf';
    my $files = `sh -c 'ulimit -Hn'`;
    $files = 65536 if $files !~ /^\d+$/ || $files > 65536;
    chomp $files;

    # 127.0.0.1:8080 may be taken by a quick start that runs
    ok($conf =~ s/(?<=:)8080\b/%%PORT%%/g == 3, 'quickstart: its port');
    $conf =~ s/\@(MODULE|AGENT|STATE)\@/%%$1%%/g;
    $conf =~ s/\@(RUN|LOGS)\@/%%DIR%%/g;
    $conf =~ s/\@CONF\@/$proxy/g;
    $conf =~ s/\@FILES\@/$files/g;
    # and without the class whose rules this host may lack
    ok($conf =~ s/sandbox_class\s+internet\s[^;]*;//, 'quickstart: its classes');
    unlike($conf, qr/\@[A-Z]+\@/, 'quickstart: every name is filled in');

    mkdir "$t->{dir}/temp";
    $t->write_conf(conf => $conf);
    $t->start();

    my $out = output_of('quickstart: the tour', {}, command_of('quickstart',
        'examples/', "http://localhost:$t->{port}"));
    like($out, qr/^42$/m, 'quickstart: a command runs');
    unlike($out, qr/"error"/, 'quickstart: no answer is an error');
    my ($url) = $out =~ m{Open it in a browser:\s+(http://\S+)};
    is($t->preview('GET', $url // 'http://none/')->{body},
        "<h1>Hello from a sandbox</h1>\n", 'quickstart: its link is alive');

    # again, on what the first one left
    output_of('quickstart: the tour again', {},
        "$EXAMPLES/quickstart/tour.sh", "http://localhost:$t->{port}");

    finish($t, 'quickstart');
}


sub walk
{
    my $t = Sandbox->new(keys => ['me:walks-with-a-key-0123456',
        'other:walks-with-another-key'])->start();
    my %env = (SANDBOX_API => "http://localhost:$t->{port}",
        SANDBOX_KEY => 'walks-with-a-key-0123456');

    my $out = output_of('curl: the walk', \%env,
        command_of('curl', 'SANDBOX_API='));
    like($out, qr/^The walk is over\.$/m, 'curl: to its end');
    unlike($out, qr/walks-with-a-key/, 'curl: the key is not shown');
    is(scalar $t->containers(), 0, 'curl: nothing is left');

    local @ENV{qw/SANDBOX_API SANDBOX_KEY/} =
        ($env{SANDBOX_API}, 'nobodys-key-0123456');
    $out = `$EXAMPLES/curl/walk 2>&1`;
    isnt($?, 0, 'curl: a wrong key ends it');
    like($out, qr/the walk ends here/, 'curl: and it says so');

    finish($t, 'curl');
}


sub files
{
    my $t = Sandbox->new(keys => ['me:sends-files-with-a-key-01'])->start();
    my $out = output_of('files: the run', {
        SANDBOX_API => "http://localhost:$t->{port}",
        SANDBOX_KEY => 'sends-files-with-a-key-01' },
        command_of('files', 'SANDBOX_API='));

    like($out, qr/^3 of 3 files are written\n.* README\.md\n.* run\n.* watch\n/,
        'files: sent and listed');
    like($out, qr/^README\.md\nrun\nREADME\.md:\d+\nrun:\d+\n3 files were /m,
        'files: searched');
    like($out, qr/^22 bytes, owner root\ncopied to \/tmp\/copy\n/m,
        'files: changed and copied');
    like($out, qr/^FILE_NOT_FOUND: File not found: .*none$/m,
        'files: an error says what is missing');
    like($out, qr/^FIRST LINE\nSECOND LINE\n\z/m, 'files: read back');
    is(scalar $t->containers(), 0, 'files: nothing is left');

    $t->{key} = 'sends-files-with-a-key-01';
    watched($t);
    finish($t, 'files');
}


sub code_interpreter
{
    my $t = Sandbox->new(keys => ['me:draws-with-a-key-0123456'])->start();
    my $picture = "$t->{dir}/chart.png";
    my $out = output_of('code-interpreter: the run', {
        SANDBOX_API => "http://localhost:$t->{port}",
        SANDBOX_KEY => 'draws-with-a-key-0123456' },
        command_of('code-interpreter', 'SANDBOX_API=', $picture));

    my $table = readme_block('code-interpreter', '         distance');
    like($out, qr/\A\Q$table\E\{\n  "distance": 0\.387,/,
        'code-interpreter: the data frame of its README, and its records');
    like($out, qr/"unit":"AU","scale":"log".*\n\[\[0\.387,0\.241\],/,
        'code-interpreter: the chart as data');
    like($out, qr/^stdout 0\nstdout 1\nstdout 2\nexecution_complete \n\z/m,
        'code-interpreter: output as it happens');

    for my $file ($picture, "$EXAMPLES/code-interpreter/chart.png") {
        my $png = slurp($file);
        is(substr($png, 0, 8), "\x89PNG\r\n\x1a\n", "$file: a picture");
        is_deeply([map { $_ > 300 && $_ < 700 } unpack 'x16 N2', $png], [1, 1],
            'of that size');
    }
    is(scalar $t->containers(), 0, 'code-interpreter: nothing is left');

    finish($t, 'code-interpreter');
}


# examples/files/watch, while something happens

sub watched
{
    my ($t) = @_;
    my $seen = "$t->{dir}/watched";

    my @command = command_of('files', 'examples/files/watch', 'watched');
    my $pid = fork() // die "fork: $!";
    if ($pid == 0) {
        local @ENV{qw/SANDBOX_API SANDBOX_KEY/} = (
            "http://localhost:$t->{port}", $t->{key});
        setpgrp;
        open STDOUT, '>', $seen;
        open STDERR, '>&', \*STDOUT;
        exec @command or POSIX::_exit(127);
    }

    ok(Sandbox::wait_for(sub { -s $seen && slurp($seen) =~ /^watching/ }, 60),
        'files: a watch');
    is($t->put('watched', 'workspace/new.txt', 'text')->{status}, 200,
        'files: a new file');
    ok(Sandbox::wait_for(sub { slurp($seen)
        =~ m{^create /workspace/new\.txt$}m }, 10), 'files: is told')
        or diag(slurp($seen));

    kill TERM => -$pid;
    waitpid $pid, 0;
}


# an example that ends with the link of its app, in a sandbox of that name

sub linked
{
    my ($name, $id, $check, %env) = @_;
    my $t = Sandbox->new(keys => ['me:runs-with-a-key-0123456'])->start();
    $t->{key} = 'runs-with-a-key-0123456';

    my $out = output_of("$name: it", {
        SANDBOX_API => "http://localhost:$t->{port}",
        SANDBOX_KEY => $t->{key}, %env }, command_of($name,
        $name eq 'python' ? 'export PYTHONPATH=' : 'SANDBOX_API='));
    unlike($out, qr/\Q$t->{key}/, "$name: the key is not shown");
    my ($url) = $out =~ m{^Open it in a browser: (http://\S+)$}m;
    ok($url, "$name: a link") or diag($out);

    $check->($t, $url // 'http://none/', $out);
    documented_curl($t, $name);

    is($t->api('POST', "/v1/sandbox/$id/sleep")->{status}, 200,
        "$name: asleep");
    like($t->preview('GET', $url // 'http://none/', headers => [
        Accept => 'text/html'])->{body}, qr/Waking up/,
        "$name: its link wakes it");
    ok(wait_for(sub { $t->preview('GET', $url // 'http://none/')->{status}
        == 200 }, 90), "$name: and has the app again");
    $check->($t, $url // 'http://none/');

    finish($t, $name);
}


# what the README of an example then calls

sub documented_curl
{
    my ($t, $name) = @_;

    for my $snippet (Sandbox::Snippet::all()) {
        next if $snippet->{file} ne "examples/$name/README.md"
            || $snippet->{text} !~ /^curl /;
        my $command = Sandbox::Snippet::take($snippet->{file}, 'curl ');
        like(output_of("$name: its curl", {
            SANDBOX_API => "http://localhost:$t->{port}",
            SANDBOX_KEY => $t->{key} }, 'bash', '-c',
            'curl() { command curl -sS "$@"; }; ' . $command),
            qr/^\{"(?:ok|id)":/, "$name: and its answer");
    }
}


sub vite
{
    my $node = Sandbox::Npm::install("$FindBin::Bin/browser/vite", 'vite');

    my ($tested) = slurp("$node/package.json") =~ /"vite": "(.*)"/;
    like(slurp("$EXAMPLES/vite/app/package.json"),
        qr/"vite": "\Q$tested\E"/, 'vite: the version that is tested');
    linked('vite', 'vite', sub {
        my ($t, $url) = @_;
        like($t->preview('GET', $url)->{body}, qr{/\@vite/client},
            'vite: its dev server');
    }, VITE_MODULES => $node);
}


sub chat
{
    linked('websocket', 'chat', sub {
        my ($t, $url) = @_;
        my ($host) = $url =~ m{//([^/]+)};
        my @c = map { my $c = $t->connect();
            $c->request('GET', '/', host => $host, headers => [
                Upgrade => 'websocket', Connection => 'Upgrade',
                'Sec-WebSocket-Version' => 13,
                'Sec-WebSocket-Key' => 'dGhlIHNhbXBsZSBub25jZQ==']);
            is($c->head()->{status}, 101, 'websocket: joined'); $c } 1, 2;
        # a masked text frame whose mask is 0
        $c[0]->send("\x81\x85\0\0\0\0hello");
        for my $c (@c) {
            $c->fill(30) while length $c->{in} < 7;
            is($c->{in}, "\x81\x05hello", 'websocket: everybody hears it');
            $c->close();
        }
    });
}


sub counter
{
    my $n = 1;
    linked('nodejs-app', 'counter', sub {
        my ($t, $url) = @_;
        my ($seen) = $t->preview('GET', $url)->{body} =~ /visitor (\d+)/;
        cmp_ok($seen // 0, '>', $n, 'nodejs-app: it counts on');
        $n = $seen // 0;
    });
}


sub python
{
    my $shown = readme_block('python', 'hello');

    linked('python', 'python', sub {
        my ($t, $url, $out) = @_;
        is($out =~ s{//8000-python-\S+}{…}r, $shown =~ s{//8000-python-\S+}{…}r,
            'python: it prints what its README says') if defined $out;
        like($t->preview('GET', $url)->{body},
            qr{<p>2, 3, 5, .* 47</p>}, 'python: its page');
    }, PYTHONDONTWRITEBYTECODE => 1);
}


sub data_analysis
{
    my $t = Sandbox->new(keys => ['me:analyses-with-a-key-0123'])->start();
    my $picture = "$t->{dir}/chart.png";
    my $out = output_of('data-analysis: the run', {
        SANDBOX_API => "http://localhost:$t->{port}",
        SANDBOX_KEY => 'analyses-with-a-key-0123',
        PYTHONDONTWRITEBYTECODE => 1 },
        command_of('data-analysis', 'export PYTHONPATH=', $picture));

    is($out =~ s/\Q$picture/chart.png/r,
        readme_block('data-analysis', '      city'),
        'data-analysis: it prints what its README says');
    is(substr(slurp($picture), 0, 8), "\x89PNG\r\n\x1a\n",
        'data-analysis: a picture');
    is(scalar $t->containers(), 0, 'data-analysis: nothing is left');

    finish($t, 'data-analysis');
}


sub openai_agents
{
    npm_example('openai-agents', ['shell.mjs', '$ python3'],
        ['client.mjs', '$ ls']);
}


sub computesdk
{
    npm_example('computesdk', ['run.mjs', 'hello from']);
}


# scripts that use packages of npm, and perhaps clients/js, each with how what
# it prints begins in the README

sub npm_example
{
    my ($name, @scripts) = @_;
    my $t = Sandbox->new(keys => ['me:runs-node-with-a-key-01'])->start();
    my $modules = Sandbox::Npm::install("$EXAMPLES/$name", "example-$name");
    my $client = "$modules/node_modules/ngx-sandbox";
    my $link = qr{//8000-\S+};

    my $start = Sandbox::Snippet::take("examples/$name/README.md",
        "cd examples/$name\nnpm ci");
    is(join(' ', $start =~ /\bnode (\S+)/g), join(' ', map { $_->[0] } @scripts),
        "$name: its scripts");

    symlink root_dir() . '/clients/js', $client if !-l $client;
    Sandbox::copy($_, "$modules/" . File::Basename::basename($_), 0644)
        for glob "$EXAMPLES/$name/*.mjs";

    for (@scripts) {
        my ($script, $begin) = @$_;
        my $out = output_of("$name: $script", {
            SANDBOX_API => "http://localhost:$t->{port}",
            SANDBOX_KEY => 'runs-node-with-a-key-01',
            OPENAI_AGENTS_DISABLE_TRACING => 1,
            SANDBOX_LOG_LEVEL => 'error' },
            'timeout', 300, 'node', "$modules/$script");
        is($out =~ s/$link/link/r,
            readme_block($name, $begin) =~ s/$link/link/r,
            "$name: $script prints what its README says");
    }
    is(scalar $t->containers(), 0, "$name: nothing is left");

    finish($t, $name);
}


sub pipeline
{
    my $t = Sandbox->new(keys => ['me:builds-with-a-key-012345'])->start();
    my $into = "$t->{dir}/artefacts";

    local @ENV{qw/SANDBOX_API SANDBOX_KEY/} = (
        "http://localhost:$t->{port}", 'builds-with-a-key-012345');

    my $out = output_of('ci-pipeline: the run', {},
        command_of('ci-pipeline', 'SANDBOX_API=', 'main', $into));
    is($out =~ s/in \d\.\d+s/in 0.000s/r,
        readme_block('ci-pipeline', '== clone: branch main'),
        'ci-pipeline: it prints what its README says');
    is(slurp("$into/changes.txt"), "first\n", 'ci-pipeline: an artefact');
    is(`python3 $into/celsius.pyz 50`, "10.0\n",
        'ci-pipeline: and a program');

    $out = `$EXAMPLES/ci-pipeline/run broken $into-none 2>&1`;
    is($? >> 8, 1, 'ci-pipeline: exits as the step that fails') or diag($out);
    my $shown = readme_block('ci-pipeline', '== test failed');
    like($out, qr/\A== clone: branch broken\n.*FAILED.*\n\Q$shown\E\z/s,
        'ci-pipeline: and says which');
    ok(!-e "$into-none", 'ci-pipeline: no artefacts then');

    is(scalar $t->containers(), 0, 'ci-pipeline: nothing is left');

    finish($t, 'ci-pipeline');
}


# the indented block of a README that begins so

sub readme_block
{
    my ($name, $begin) = @_;

    return Sandbox::Snippet::take("examples/$name/README.md", $begin);
}


# sandboxes whose nginx has no access to the engine but by the proxy

sub engine_proxy
{
    my $conf = slurp("$EXAMPLES/engine-proxy/nginx.conf");
    my $t = Sandbox->new();
    my $dir = "$t->{dir}/proxy";
    my $socket = "$dir/engine.sock";
    my $nginx = $t->{nginx};

    # its commands, but for "useradd"
    my $commands = Sandbox::Snippet::take('examples/engine-proxy/README.md',
        'useradd ') =~ s/^useradd .*\n//r;
    $commands =~ s{/run/engine-proxy}{$dir}g;
    $commands =~ s{chown engine-proxy}{chown daemon};
    ok($commands =~ s{^nginx -c .*}{$nginx -c $dir/nginx.conf -e $dir/start.log}m,
        'engine-proxy: the last command starts it');
    mkdir $dir or die "$dir: $!";

    # another user than that of the sandboxes, who exists everywhere
    ok($conf =~ s/^(user\s+)engine-proxy docker;/$1daemon docker;/m,
        'engine-proxy: a user of its own');
    $conf =~ s{/run/engine-proxy}{$dir}g;
    $conf =~ s{/var/log/nginx}{$dir}g;
    spew("$dir/nginx.conf", $conf);

    output_of('engine-proxy: its commands', {}, 'bash', '-euc', $commands);
    is(sprintf('%04o', (stat $dir)[2] & 07777), '0750',
        'engine-proxy: its directory');
    wait_for(sub { -s "$dir/nginx.pid" }, 30) or die "no proxy\n";
    my ($pid) = slurp("$dir/nginx.pid") =~ /(\d+)/;
    my $ok = eval { proxied($t, $socket); 1 };
    my $error = $@;
    my $log = slurp("$dir/engine-proxy.error.log");

    finish($t, 'engine-proxy') if $ok;
    kill 'TERM', $pid;
    ok(wait_for(sub { !kill 0, $pid }, 30), 'engine-proxy: it ends');
    die $error if !$ok;

    unlike($log, qr/\[(alert|crit|emerg)\]/, 'engine-proxy: no alert');
}


sub proxied
{
    my ($t, $socket) = @_;
    my $other = 'nginx-sandbox-' . 'a' x 26;

    $t->write_conf(engine => "unix:$socket",
        conf => Sandbox::default_conf() =~ s/^user .*$/user %%USER%%;/mr);
    $t->start();

    my ($worker) = $t->workers_alive();
    my $docker = (getgrnam 'docker')[2];
    my ($groups) = slurp("/proc/$worker/status") =~ /^Groups:(.*)$/m;
    unlike(" $groups ", qr/\s$docker\s/,
        'engine-proxy: the workers are not in the engine\'s group');

    is($t->run_in('proxied', 'echo through'), "through\n",
        'engine-proxy: a sandbox starts');
    my $name = $t->container_of('proxied');
    is($t->api('POST', '/v1/sandbox/proxied/restart')->{status}, 200,
        'engine-proxy: is stopped and started');
    is($t->api('DELETE', '/v1/sandbox/proxied')->{status}, 204,
        'engine-proxy: and is destroyed');
    is(scalar $t->containers(), 0, 'engine-proxy: its container too');

    for my $call (
        [GET => '/v1.41/containers/json', 200],
        [GET => "/v1.41/containers/$other/json", 404],
        [GET => '/v1.41/images/sandbox-base/json', 200],
        [GET => '/v1.41/info', 200], [GET => '/v1.41/version', 403],
        [POST => '/v1.41/containers/create', 403],
        [POST => '/v1.41/containers/create?name=other', 403],
        [POST => "/v1.41/containers/create?name=$other&name=other", 403],
        [POST => '/v1.41/containers/other/start', 403],
        [POST => "/v1.41/containers/$other/exec", 403],
        [POST => "/v1.41/containers/$other/../other/start", 403],
        [POST => "/v1.41/containers/$other%2f..%2fother/start", 403],
        [GET => "/v1.41/containers/$other/archive?path=/etc", 403],
        [POST => '/v1.41/images/create?fromImage=x', 403],
        [DELETE => '/v1.41/images/sandbox-none', 403],
        [DELETE => '/v1.41/containers/other', 403],
        [POST => '/v1.41/build', 403],
        [POST => '/v1.41/volumes/create', 403],
        [GET => '/containers/json', 403],
    ) {
        my ($method, $path, $status) = @$call;
        my $c = Sandbox::HTTP->new(path => $socket);
        $c->request($method, $path, host => 'docker',
            $method eq 'POST' ? (body => '') : ());
        is($c->response(method => $method)->{status}, $status,
            "engine-proxy: $method $path: $status");
        $c->close();
    }
}


# conf/nginx.conf.example, but for what only the machine it is for has

sub complete_conf
{
    my $conf = slurp(root_dir() . '/conf/nginx.conf.example');
    my $t = Sandbox->new(keys => ['me:a-key-of-somebody-012345']);
    my $dir = $t->{dir};
    my $proxy = root_dir() . '/conf/sandbox_proxy.conf';

    output_of('nginx.conf.example: a certificate', {}, 'openssl', 'req',
        '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj',
        '/CN=api.example.com', '-keyout', "$dir/tls.key", '-out',
        "$dir/tls.crt");

    $conf =~ s{include\s+/etc/nginx/modules-enabled/\*\.conf;}
              {load_module %%MODULE%%;};
    $conf =~ s{/etc/nginx/tls/example\.com}{$dir/tls}g;
    $conf =~ s{/etc/nginx/sandbox\.keys}{$dir/keys}g;
    $conf =~ s{/usr/lib/nginx-sandbox/agent}{%%AGENT%%}g;
    $conf =~ s{/var/lib/nginx-sandbox/state}{%%STATE%%}g;
    $conf =~ s{/var/log/nginx}{$dir}g;
    $conf =~ s{/run/nginx\.pid}{$dir/nginx.pid}g;
    $conf =~ s{sandbox_proxy\.conf}{$proxy}g;
    $conf =~ s{worker_rlimit_nofile.*\n}{}g;
    $t->write_conf(conf => $conf);

    my ($good, $out) = $t->check_conf();
    ok($good, 'nginx.conf.example passes') or diag($out);
    unlike($out, qr/\[warn\]/, 'nginx.conf.example: without a warning')
        or diag($out);
    $t->cleanup();
}


# the code of README.md as it stands there

sub readme
{
    readme_quickstart(map { Sandbox::Snippet::take('README.md', $_) }
        'lang:sh', '42');
    readme_domain(map { Sandbox::Snippet::take('README.md', $_) }
        'lang:nginx', 'lang:python');
}


# what follows "make run", which quickstart() above stands for

sub readme_quickstart
{
    my ($code, $printed) = @_;
    my ($run, @commands) = split /\n/, $code;
    my $t = Sandbox->new()->start();

    is($run, 'make run', 'README.md: the first command');
    is(scalar @commands, 4, 'README.md: and four more');
    s/localhost:8080/localhost:$t->{port}/ for @commands;
    is(output_of('README.md: the quick start', {}, 'bash', '-euo', 'pipefail',
        '-c', join "\n", @commands), $printed, 'README.md: what they print');

    finish($t, 'README.md');
}


# nginx.conf, but for port and paths, and the client

sub readme_domain
{
    my ($conf, $client) = @_;
    my $t = Sandbox->new(workers => 1,
        keys => ['me:a-key-of-somebody-012345']);
    my $dir = $t->{dir};
    my $temp = join ' ', map { "${_}_temp_path $dir/$_;" }
        qw/client_body proxy fastcgi uwsgi scgi/;

    output_of('README.md: a certificate', {}, 'openssl', 'req', '-x509',
        '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=test',
        '-addext', 'subjectAltName=DNS:localhost,DNS:*.preview.example.com',
        '-keyout', "$dir/tls.key", '-out', "$dir/tls.crt");

    cmp_ok(scalar(split /\n/, $conf), '<=', 22, 'README.md: a short conf');
    ok($conf =~ s{modules/ngx_http_sandbox_module\.so}{%%MODULE%%},
        'README.md: its module');
    ok($conf =~ s{include +sandbox_proxy\.conf}{include %%PROXY%%},
        'README.md: its include');
    ok($conf =~ s{listen 443}{listen 127.0.0.1:%%PORT%%}g == 2,
        'README.md: its port');
    $conf =~ s{/etc/nginx/tls/example\.com}{$dir/tls}g;
    $conf =~ s{/etc/nginx/sandbox\.keys}{$dir/keys};
    $conf =~ s{/var/lib/nginx-sandbox/state}{%%STATE%%};
    $conf =~ s{^http \{\n}{$& sandbox_agent %%AGENT%%; $temp
        sandbox_engine %%ENGINE%%; access_log off;\n}m;
    $t->write_conf(conf => "pid $dir/nginx.pid; error_log $dir/error.log;\n"
        . $conf);
    $t->start();

    $client =~ s{https://api\.example\.com}{https://localhost:$t->{port}};
    my $out = output_of('README.md: the client', { SSL_CERT_FILE =>
        "$dir/tls.crt", SANDBOX_KEY => 'a-key-of-somebody-012345' },
        'python3', '-c', $client);
    like($out, qr{\ALinux\n/tmp\nhttps://8000-demo-\w+\.preview\.example\.com/
        \n\z}x, 'README.md: what the client prints');

    my ($url) = $out =~ /^(https:.*)$/m;
    like(output_of('README.md: the preview', {}, 'curl', '-sS', '--cacert',
        "$dir/tls.crt", '--max-time', 60, '--connect-to',
        "::127.0.0.1:$t->{port}", $url // 'https://none/'),
        qr/Directory listing/, 'README.md: the preview of a domain');

    finish($t, 'README.md');
}
