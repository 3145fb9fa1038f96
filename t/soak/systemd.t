#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: module agent engine systemd

# nginx under systemd as PID 1, with what "make install" puts there: by
# nginx.service and its drop-in, and by nginx-sandbox.service beside an
# nginx.service for another site.  Sandboxes through reloads, restarts, rotated
# logs, and restarts of Docker with and without live-restore.

use warnings;
use strict;

use JSON::PP ();
use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Sandbox;
use Sandbox::Image;
use Sandbox::Machine;
use Sandbox::Snippet;

alarm 900;

plan(skip_all => 'the module of "make install" is not the sanitized one')
    if sanitized();
plan(skip_all => 'nginx.service runs Debian\'s nginx')
    if $ENV{TEST_SANDBOX_ON};

my $KEY = 'key-of-systemd-0123456789abcdef';
my $image = Sandbox::Image::busybox();
my $m = Sandbox::Machine->new();

# the example's configuration, without TLS

my $conf = slurp(root_dir() . '/conf/nginx.conf.example');
$conf =~ s/\b443 ssl\b/80/g;
$conf =~ s/^ +(?:ssl_certificate|# the certificate).*\n//mg;
$conf =~ s/^(worker_rlimit_nofile +)65536;/${1}12000;/m;
$conf =~ s/image=sandbox-base/image=$image/;
$conf =~ s/^(    sandbox_preview_url)/    sandbox_class internet image=$image network=internet;\n$1/m;

$m->put('/etc/nginx/nginx.conf', $conf);
$m->put('/etc/nginx/sandbox.keys', "me:$KEY\n");

if (!$m->start()) {
    plan(skip_all => "systemd does not run in namespaces here: $m->{why}");
}

pass('systemd runs');
$m->run('rm -f /usr/sbin/policy-rc.d; rm -f /var/log/nginx/*');

# started together, Docker comes first

$m->must('systemctl start --no-block nginx docker nginx-sandbox-network');
ok(wait_for(sub { $m->show('nginx', 'ActiveState') eq 'active' }, 60),
    'nginx.service starts') or diag(log_of('nginx'));
cmp_ok($m->show('nginx', 'InactiveExitTimestampMonotonic'), '>=',
    $m->show('docker', 'ActiveEnterTimestampMonotonic'),
    'when Docker has started');
is($m->show('nginx-sandbox-network', 'ActiveState'), 'active',
    'the network of sandboxes is there');

system("docker save $image | nsenter -t $m->{init} -a docker load -q "
    . '>/dev/null 2>&1') == 0 or die 'the image is not copied';

is(execute('pet', 'echo one >/workspace/f; cat /workspace/f'), "one",
    'a sandbox is created');
is(execute('far', 'echo two', 80, '{"class":"internet"}'), "two",
    'and one with network=internet') or diag(log_of('nginx'));

# what the drop-in says

my ($worker) = workers('nginx');
my $limits = $m->run("cat /proc/$worker/limits");
like($limits, qr/^Max open files +12000 /m, 'its limit of files is raised');

SKIP: {
    my ($capable) = slurp('/proc/self/status') =~ /^CapEff:\s+(\w+)$/m;
    skip 'without CAP_SYS_RESOURCE', 1 if !(hex(substr $capable, -8) >> 24 & 1);
    is($m->run("cat /proc/$worker/oom_score_adj"), "-500\n",
        'the host would end sandboxes before it');
}

isnt($m->run("nsenter -t $worker -m touch /usr/x /etc/x; echo \$?"), "0\n",
    'it cannot write to /usr and /etc');

# a reload and a restart

my $agent = agent();
my $master = $m->show('nginx', 'MainPID');
$m->must('systemctl reload nginx');
ok(wait_for(sub { !grep { $_ == $worker } workers('nginx') }, 30),
    'a reload starts new workers');
is($m->show('nginx', 'MainPID'), $master, 'of the same master');
is(execute('pet', 'cat /workspace/f'), "one", 'the sandbox is served');

$m->must('systemctl restart nginx');
isnt($m->show('nginx', 'MainPID'), $master, 'a restart starts another');
is(execute('pet', 'cat /workspace/f'), "one", 'the sandbox is served');
is(agent(), $agent, 'by the same agent');

$m->must('kill -KILL ' . $m->show('nginx', 'MainPID'));
ok(wait_for(sub { $m->show('nginx', 'NRestarts') == 1
    && $m->show('nginx', 'ActiveState') eq 'active' }, 60),
    'a master that was killed is started again');
is(execute('pet', 'cat /workspace/f'), "one", 'the sandbox is served');
is(agent(), $agent, 'by the same agent');

# logs, as logrotate does it for Debian's nginx

rotate('/var/log/nginx', 'www-data', 'invoke-rc.d nginx rotate');

# Docker restarts

is(execute('pet', 'sleep 600 >/dev/null 2>&1 & echo kept'), "kept",
    'a sandbox has a process');
$m->must('systemctl restart docker');
is($m->show('nginx', 'NRestarts'), 1, 'a restart of Docker is none of nginx');
is(execute('pet', 'cat /workspace/f; pidof sleep || echo gone'),
    "one\ngone", 'it ends what runs, and the sandbox wakes with its files');
isnt(agent(), $agent, 'with another agent');

my $live = Sandbox::Snippet::take('docs/operating.md', '{"live-restore"');
$m->must("mkdir -p /etc/docker; echo '$live' >/etc/docker/daemon.json; "
    . 'systemctl reload docker');
execute('pet', 'sleep 600 >/dev/null 2>&1 & echo kept');
$agent = agent();
$m->must('systemctl stop docker.service docker.socket');
is(execute('pet', 'cat /workspace/f; pidof sleep >/dev/null && echo runs'),
    "one\nruns", 'with live-restore, it is served without Docker');
$m->must('systemctl reset-failed docker; systemctl start docker');
is(execute('pet', 'pidof sleep >/dev/null && echo runs'), "runs",
    'and when Docker is back');
is(agent(), $agent, 'by the same agent');
is(call('DELETE', 'pet'), '204', 'and destroyed');
$m->run('docker rm -fv $(docker ps -aq)');

$m->must('systemctl stop nginx');
is($m->show('nginx', 'Result'), 'success', 'nginx stops in order');
is($m->run("pgrep -c nginx"), "0\n", 'and leaves no process');

# an nginx of another site, and one for sandboxes

$m->write('/etc/nginx/nginx.conf', <<'END');
user www-data;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
events { }
http {
    client_max_body_size 8m;
    server {
        listen 80;
        client_body_in_file_only clean;
        location / { proxy_pass http://127.0.0.1:82/; }
    }
    server { listen 127.0.0.1:82; location / { return 200 "site\n"; } }
}
END

# the commands of docs/operating.md; it is started here, not enabled

my ($sed, @then) = split /\n/,
    Sandbox::Snippet::take('docs/operating.md', 'sed -e ');
is("@then", 'editor /etc/nginx/sandbox.conf '
    . 'systemctl enable --now nginx-sandbox', 'what follows sed');
Sandbox::Snippet::none_left('t/soak/systemd.t');
$m->write('/usr/share/doc/nginx-sandbox/nginx.conf.example',
    $conf =~ s/listen +\K80/81/gr);
$m->must($sed);

$m->must('systemctl start nginx');
$m->must('systemctl start nginx-sandbox');
is(execute('two', 'echo one >/workspace/f; cat /workspace/f', 81), "one",
    'nginx-sandbox.service serves a sandbox') or diag(log_of('nginx-sandbox'));
is(execute('net', 'echo two', 81, '{"class":"internet"}'), "two",
    'and one with network=internet') or diag(log_of('nginx-sandbox'));

my $body = 'head -c 3000000 /dev/zero | curl -s -T - ';
is($m->run("$body http://localhost/x"), "site\n",
    'the other site takes large bodies');
is($m->run($body . '-o /dev/null -w "%{http_code}" ' . headers()
    . ' http://localhost:81/v1/sandbox/two/file/workspace/big'), '200',
    'as the sandbox does');
is($m->run('stat -c %U /var/lib/nginx/body'), "www-data\n",
    'each has a directory of its own for them');

$agent = agent();
$m->must('systemctl reload nginx-sandbox');
is(execute('two', 'cat /workspace/f', 81), "one", 'after a reload');
$m->must('systemctl restart nginx-sandbox');
is(execute('two', 'cat /workspace/f', 81), "one", 'and after a restart');
is(agent(), $agent, 'the sandbox runs on');

rotate('/var/log/nginx-sandbox', 'nginx-sandbox',
    slurp(root_dir() . '/conf/logrotate.conf')
        =~ /postrotate\n\s*(.*?)\n\s*endscript/s, 81);

($worker) = workers('nginx-sandbox');
for my $path ('/usr', '/etc', '/var/lib', '/var/lib/docker', '/run', '/root') {
    like($m->run("nsenter -t $worker -m touch $path/x"),
        qr/Read-only|denied|No such/, "it cannot write to $path");
}
like($m->run('systemd-analyze security nginx-sandbox | tail -n 1'),
    qr/: [0-4]\.\d OK/, 'systemd finds little to complain of');

$m->must('systemctl stop nginx-sandbox');
is($m->show('nginx-sandbox', 'Result'), 'success', 'it stops in order');
is($m->run('systemctl is-active nginx'), "active\n", 'the other one runs on');

is($m->run('grep -hE "\[(alert|crit|emerg)\]" /var/log/nginx/*.log* '
    . '/var/log/nginx-sandbox/*.log* | grep -v "exited on signal 9"'), '',
    'no alert in the error logs');
$m->run('docker rm -fv $(docker ps -aq)');

done_testing();


sub headers
{
    return "-H 'Authorization: Bearer $KEY' -H 'Host: api.example.com'";
}


# what a command in a sandbox printed, or the whole answer

sub execute
{
    my ($id, $command, $port, $options) = @_;
    $port //= 80;

    if ($options) {
        $m->run('curl -s -m 60 ' . headers() . " -X PUT --json '$options' "
            . "http://localhost:$port/v1/sandbox/$id");
    }

    my $body = JSON::PP::encode_json({ command => $command });
    my $out = $m->run('curl -s -m 60 ' . headers() . " --json '$body' "
        . "http://localhost:$port/v1/sandbox/$id/api/execute");
    my $json = eval { JSON::PP::decode_json($out) } or return $out;
    return $json->{stdout} // $out;
}


sub call
{
    my ($method, $id) = @_;
    return $m->run('curl -s -m 60 -o /dev/null -w "%{http_code}" ' . headers()
        . " -X $method http://localhost/v1/sandbox/$id");
}


sub workers
{
    my ($unit) = @_;
    my $master = $m->show($unit, 'MainPID');
    return grep { $m->run("cat /proc/$_/cmdline") !~ /shutting down/ }
        split ' ', $m->run("pgrep -P $master");
}


# pids of the agents

sub agent { return $m->run('pgrep -f ^/run/sandbox-agent | xargs') }


sub log_of
{
    my ($unit) = @_;
    return $m->run("journalctl -n 30 -u $unit; tail -n 30 /var/log/nginx*/*.log");
}


sub rotate
{
    my ($dir, $owner, $script, $port) = @_;
    my $log = "$dir/access.log";

    $m->must("mv $log $log.1 && install -m 640 -o $owner -g adm /dev/null $log");
    $m->must($script);
    ok(wait_for(sub { execute('none/none', '', $port);
        $m->run("cat $log") =~ m{/none/none} }, 30), "$log: a new one is used");
    unlike($m->run("cat $log.1"), qr{/none/none}, 'and the old one no more');
}
