#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine

# A backup of the state as docs/operating.md makes it, restored with and
# without its containers, and to another directory.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sandbox;
use Sandbox::Snippet;
use Sandbox::Proxy;

my $proxy = Sandbox::Proxy->new();
my $t = Sandbox->new(engine => $proxy->engine())->start();

for my $id (qw/kept other/) {
    is($t->api('POST', '/v1/sandbox', json => { id => $id,
        labels => { of => $id }, env => { WHO => $id } })->{status}, 200,
        "$id: created");
    is($t->run_in($id, "echo $id > /workspace/f"), '', "$id: used");
}

my $url = $t->expose('kept', 8080, token => 'mine');
my $instance = $t->instance();

is($t->api('POST', '/v1/sandbox/kept/sleep')->{status}, 200, 'one sleeps');
ok($t->quit(), 'nginx ends');

my $tar = "$t->{dir}/state.tar.gz";
backup($tar, $t->{state});

# onto the same host: the containers are there

restore($tar, $t->{state});
$proxy->forget();
ok(!-e "$t->{state}/.run", 'without .run');
ok(!-e "$t->{state}/.agent", 'and .agent');
$t->start();
is($t->instance(), $instance, 'restored: the same instance');

ok(wait_for(sub { $proxy->calls(qr{GET \S*/containers/json}) }, 30),
    'a sweep has listed the containers');
# what the sweep finds it removes at once
sleep 2;
is(scalar($t->containers()), 2, 'and has removed none');

for my $id (qw/kept other/) {
    is($t->run_in($id, 'cat /workspace/f; echo $WHO'), "$id\n$id\n",
        "$id: has its files and variables");
}
is($t->api('GET', '/v1/sandbox/kept')->{json}{labels}{of}, 'kept',
    'its labels');
$t->app('kept', 'app.py', 8080);
is($t->preview('GET', $url)->{status}, 200, 'and its link');

# what a start needs is made at each start

is($t->api('POST', '/v1/sandbox/kept/sleep')->{status}, 200, 'asleep');
rmdir_run($t->{state}, $t->run_of('kept'));
unlink "$t->{state}/.agent/agent";
is($t->run_in('kept', 'cat /workspace/f'), "kept\n",
    'a start makes the directory of its sockets, and the agent');

# without the containers, whose files can be saved

my $export = Sandbox::Snippet::take('docs/operating.md', 'docker export ');
is(Sandbox::Snippet::take('docs/engines.md', 'docker export '), $export,
    'one command');
my $name = $t->container_of('kept');
$export =~ s/nginx-sandbox-<random>/$name/;
$export =~ s/user-123\.tar/$t->{dir}\/user.tar/;
is(`exec 2>&1; $export`, '', 'the files of a sandbox are exported');
is(`tar -xOf $t->{dir}/user.tar workspace/f`, "kept\n", 'all of them');

ok($t->quit(), 'nginx ends');
Sandbox::docker("rm -f -v $_") for $t->containers();
restore($tar, $t->{state});
$t->start();

my $res = $t->exec('kept', ['sh', '-c', 'echo $WHO; cat /workspace/f']);
is($res->{headers}{'sandbox-start'}, 'lost', 'its container is lost');
is($res->{stdout}, "kept\n", 'it starts, without its files');
is($t->api('GET', '/v1/sandbox/other')->{json}{labels}{of}, 'other',
    'its labels are kept');
$t->app('kept', 'app.py', 8080);
is($t->preview('GET', $url)->{status}, 200, 'and its link');

# to another directory; the containers of the first one are there

ok($t->quit(), 'nginx ends');
my $old = $t->{state};
$t->write_conf(state => "$t->{dir}/t");
restore($tar, $t->{state});
$t->start();

is($t->run_in('other', 'echo $WHO'), "other\n",
    'a new host: one without a container starts');

$res = $t->exec('kept', ['true']);
is($res->{status}, 500, 'one whose container mounts the old directory does not');
like($res->{json}{message} // '', qr/another state directory/, 'which says so');
unlike($res->{body}, qr{\Q$t->{dir}\E}, 'without a path of the host');
like($t->log_text(), qr/mounts "\Q$old\E.*move the sandbox state back/,
    'the log has it');

Sandbox::docker('rm -f -v nginx-sandbox-' . $t->run_of('kept'));
is($t->run_in('kept', 'echo $WHO'), "kept\n",
    'without that container it starts');

# no error of the engine shows a path

is($t->api('POST', '/v1/sandbox/kept/sleep')->{status}, 200, 'asleep');

for my $case (
    ['POST\s\S*/start', 500, 'mkdir /var/lib/docker/x: file exists'],
    ['POST\s\S*/start', 400,
        "bind source path does not exist: $t->{state}/.run/abc"],
    ['POST\s\S*/start', 500, 'write /var/lib/docker/x: no space left on device'],
    ['POST\s\S*/start', 500, 'fork/exec /usr/bin/runc: cannot allocate memory'],
    ['GET\s\S*/nginx-sandbox\S*/json', 500, 'open /var/lib/docker/y: broken'])
{
    my ($call, $status, $message) = @$case;
    $proxy->set("status $call $status {\"message\":\"$message\"}");
    my @got = $t->exec('kept', ['true']);
    push @got, $t->api('GET', '/v1/sandbox/kept') if $call =~ /^GET/;
    for (@got) {
        unlike($_->{body} // '', qr{/var/lib|/usr/bin|\Q$t->{dir}\E},
            "$message: no path for the caller");
    }
}
$proxy->set('');
like($t->log_text(), qr{mkdir /var/lib/docker/x: file exists},
    'the log has the paths');

# everything is removed, but for what other tests need

ok($t->quit(), 'nginx ends');
cmp_ok(scalar $t->containers(), '>', 0, 'sandboxes are left');

my $remove = Sandbox::Snippet::take('docs/operating.md', 'state=');
my @list = $t->containers();
my $keys = "$t->{dir}/sandbox.keys";
spew($keys, '');
mkdir "$t->{dir}/lib" or die;
rename $t->{state}, "$t->{dir}/lib/state" or die;
$remove =~ s{/var/lib/nginx-sandbox}{$t->{dir}/lib}g;
$remove =~ s{/etc/nginx/sandbox\.keys}{$keys};
my $removed = `bash -euo pipefail -c '
    make() { echo "make \$*"; }
    userdel() { echo "userdel \$*"; }
    docker() { if [ "\$1" = rmi ]; then echo "docker \$*"; else command docker "\$@"; fi; }
    $remove' 2>&1`;
is($?, 0, 'everything is removed') or diag($removed);
like($removed, qr/^make uninstall\nuserdel nginx-sandbox\ndocker rmi sandbox-base\n\z/m,
    'with the programs, the user and the image');
ok(!-e "$t->{dir}/lib" && !-e $keys, 'the state and the keys');
for (@list) {
    is(Sandbox::docker("ps -aq --filter name=^$_\$"), '', 'a container');
}

Sandbox::Snippet::none_left('t/restore.t');
ok(!(scalar $t->bad_lines()), 'no alert in the error log');
$t->cleanup();
done_testing();


# the command of docs/operating.md

sub backup
{
    my ($to, $state) = @_;
    my ($name) = $state =~ m{([^/]+)$};
    my $command = Sandbox::Snippet::take('docs/operating.md', 'tar -C ');

    $command =~ s{/var/lib/nginx-sandbox}{$t->{dir}};
    $command =~ s{state\.tar\.gz state$}{$to $name};
    my $out = `exec 2>&1; $command`;
    is($out, '', 'a backup is made');
}


sub restore
{
    my ($from, $state) = @_;
    my $out = `exec 2>&1; rm -rf $state && mkdir -m 700 $state && tar -C $state --strip-components=1 -xzpf $from && chown -h -R nginx-sandbox $state`;
    is($out, '', 'it is restored');
}


sub rmdir_run
{
    my ($state, $run) = @_;
    unlink glob "$state/.run/$run/*";
    rmdir "$state/.run/$run" or die "$state/.run/$run: $!\n";
}
