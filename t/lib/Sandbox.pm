package Sandbox;

# Copyright (C) the ngx_sandbox authors

# The test harness: nginx with the module, several unprivileged workers and a
# state directory of its own, on the real engine.

use warnings;
use strict;

use Cwd ();
use Encode ();
use Exporter 'import';
use Fcntl ':flock';
use File::Basename ();
use File::Path ();
use File::Temp ();
use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 ();
use POSIX ();
use Test::More ();
use Time::HiRes ();

use Sandbox::HTTP;
use Sandbox::SSE;

our @EXPORT = qw/wait_for free_port root_dir build_dir sanitized slurp spew/;

my $ROOT = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../..');
my $USER = 'nginx-sandbox';
my $PID = $$;
my @INSTANCES;

$SIG{PIPE} = 'IGNORE';
$SIG{INT} = $SIG{TERM} = $SIG{HUP} = sub { exit 1 };

sub root_dir { $ROOT }

sub build_dir
{
    my $dir = "$ROOT/build/test";
    File::Path::make_path($dir);
    return $dir;
}

sub sanitized { $ENV{TEST_SANDBOX_SANITIZE} ? 1 : 0 }


# new() writes the configuration; nothing runs before start().
#
#   classes    lines after "sandbox_class", first of them "default ..."
#   keys       lines of a key file; without it the API's authentication is off
#   main       lines at the top level
#   http       lines at the http level
#   api        lines in the API's server block
#   preview    lines in the preview server's location
#   engine     value of sandbox_engine
#   agent      path of another program to run as the agent
#   workers    number of worker processes
#   level      of error_log
#   conf       a whole template instead
#   allow      regular expressions of log lines at alert and above that the
#              test causes and expects

sub new
{
    my ($class, %o) = @_;
    my $self = bless { %o }, $class;

    Sandbox::bail('the tests run as root') if $> != 0;

    $self->{nginx} ||= $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
    $self->{module} ||= $ENV{TEST_SANDBOX_MODULE}
        || "$ROOT/build/ngx_http_sandbox_module.so";
    $self->{binary} = $ENV{TEST_SANDBOX_AGENT} || "$ROOT/build/agent";
    $self->{engine} ||= $ENV{TEST_SANDBOX_ENGINE}
        || 'unix:/var/run/docker.sock';
    $self->{workers} ||= 3;
    $self->{level} ||= 'info';
    $self->{timeout} ||= 60;
    $self->{allow} ||= [];
    $self->{killed} = {};

    for ($self->{nginx}, $self->{module}, $self->{binary}) {
        $_ = Cwd::abs_path($_) || $_;
        bail("$_ is missing: run make first") if ! -e $_;
    }

    ensure_user();

    $self->{dir} = File::Temp::tempdir('/tmp/sbx-XXXXXX');
    chmod 0711, $self->{dir};
    $self->{state} = "$self->{dir}/s";
    push @INSTANCES, $self;

    # a copy, so that the workers' user can read it wherever the project is
    copy($self->{agent} || $self->{binary}, "$self->{dir}/agent", 0755);

    $self->{port} ||= free_port();
    $self->write_conf();

    return $self;
}


sub bail
{
    my ($why) = @_;
    Test::More::BAIL_OUT($why) if $ENV{TEST_SANDBOX_BAIL};
    die "$why\n";
}


sub ensure_user
{
    return if getpwnam($USER);
    open my $lock, '>>', build_dir() . '/user.lock' or die $!;
    flock $lock, LOCK_EX;
    return if getpwnam($USER);
    system('useradd', '--system', '--no-create-home', '--shell',
        '/usr/sbin/nologin', $USER) == 0 or bail("no user $USER");
}


our $PROXY = "$ROOT/conf/sandbox_proxy.conf";

sub default_conf
{
    return <<'CONF';
load_module %%MODULE%%;
user %%USER%% docker;
worker_processes %%WORKERS%%;
worker_shutdown_timeout 15s;
daemon on;
%%MAIN%%
pid %%DIR%%/nginx.pid;
error_log %%DIR%%/error.log %%LEVEL%%;

events {
    worker_connections 2048;
}

http {
    log_format sandbox '$remote_addr "$sandbox_request" $status $body_bytes_sent '
                       '"$sandbox_referer" $sandbox_host id=$sandbox_id '
                       'port=$sandbox_port class=$sandbox_class '
                       'owner=$sandbox_owner start=$sandbox_start '
                       'wait=$sandbox_wait_time';
    access_log %%DIR%%/access.log sandbox;

    client_body_temp_path %%DIR%%/body;
    proxy_temp_path %%DIR%%/proxy;
    fastcgi_temp_path %%DIR%%/fastcgi;
    uwsgi_temp_path %%DIR%%/uwsgi;
    scgi_temp_path %%DIR%%/scgi;

    sandbox_state %%STATE%%;
    sandbox_zone sandbox:1m;
    sandbox_engine %%ENGINE%%;
    sandbox_agent %%AGENT%%;
%%CLASSES%%
    sandbox_preview_url http://*.localhost:%%PORT%%;
%%HTTP%%

    upstream sandbox { sandbox; keepalive 256; keepalive_timeout 4s; }

    server {
        listen 127.0.0.1:%%PORT%%;
        server_name localhost 127.0.0.1;
%%AUTH%%
%%API%%
        location = /health { sandbox_api; include %%PROXY%%; proxy_pass http://sandbox; }
        location /v1/ { sandbox_api; include %%PROXY%%; proxy_pass http://sandbox; }
        location = /metrics { sandbox_status; }
    }

    server {
        listen 127.0.0.1:%%PORT%%;
        server_name *.localhost;

        location / {
            sandbox_preview;
            include %%PROXY%%;
%%PREVIEW%%
            proxy_pass http://sandbox;
        }
    }
}
CONF
}


sub write_conf
{
    my ($self, %o) = @_;

    $self->{$_} = $o{$_} for keys %o;

    my $classes = $self->{classes}
        || ['default image=sandbox-base memory=256m cpus=1 pids=128 '
            . 'network=none sleep_after=10m'];

    my $auth = '        sandbox_api_auth off;';

    if ($self->{keys}) {
        spew("$self->{dir}/keys", join '', map { "$_\n" } @{$self->{keys}});
        chmod 0600, "$self->{dir}/keys";
        $auth = "        sandbox_api_key_file $self->{dir}/keys;";
    }

    my %v = (
        DIR => $self->{dir}, STATE => $self->{state}, PORT => $self->{port},
        MODULE => $self->{module}, AGENT => "$self->{dir}/agent",
        ENGINE => $self->{engine}, WORKERS => $self->{workers},
        LEVEL => $self->{level}, USER => $USER, AUTH => $auth,
        PROXY => $PROXY,
        CLASSES => join("\n", map { "    sandbox_class $_;" } @$classes),
        map { (uc $_ => $self->{$_} // '') } qw/main http api preview/
    );

    my $conf = $self->{conf} || default_conf();
    for (1 .. 2) {
        $conf =~ s/%%([A-Z]+)%%/exists $v{$1} ? $v{$1} : die "no $1"/ge;
    }

    spew("$self->{dir}/nginx.conf", $conf);
}


# nginx -t: (exit status is 0, what it printed)

sub check_conf
{
    my ($self) = @_;
    my $out = `$self->{nginx} -t -p $self->{dir}/ -e $self->{dir}/check.log -c $self->{dir}/nginx.conf 2>&1`;
    return ($? == 0, $out);
}


sub start
{
    my ($self) = @_;

    if (sanitized()) {
        $ENV{ASAN_OPTIONS} ||= 'detect_odr_violation=0:detect_leaks=0';
        $ENV{UBSAN_OPTIONS} ||= 'print_stacktrace=1';
    }

    my @cmd = ($self->{nginx}, '-p', "$self->{dir}/", '-e',
        "$self->{dir}/error.log", '-c', "$self->{dir}/nginx.conf");

    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$self->{dir}/start.out";
        open STDERR, '>&', \*STDOUT;
        exec @cmd or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    die "nginx does not start: " . slurp("$self->{dir}/start.out") if $?;

    wait_for(sub { -s "$self->{dir}/nginx.pid" }, 30)
        or die "nginx writes no pid\n";
    ($self->{master}) = slurp("$self->{dir}/nginx.pid") =~ /(\d+)/;

    wait_for(sub {
        $self->workers_alive() >= $self->{workers}
            and IO::Socket::INET->new("127.0.0.1:$self->{port}");
    }, 30) or die "nginx does not listen\n";

    return $self;
}


sub alive
{
    my ($self) = @_;
    return $self->{master} && running($self->{master});
}


# ends nginx; false when it had to be killed

sub quit
{
    my ($self, $signal) = @_;
    my $pid = $self->{master} or return 1;
    my $good = 1;

    kill $signal || 'QUIT', $pid;

    if (!wait_for(sub { !running($pid) }, 40)) {
        $good = 0;
        my @workers = $self->workers_alive();
        kill 'KILL', $pid, @workers;
        wait_for(sub { !running($pid) }, 10);
    }

    delete $self->{master};
    return $good;
}


# reads the configuration again; returns when the new workers serve

sub reload
{
    my ($self) = @_;
    my %old = map { $_ => 1 } $self->workers_alive();

    kill 'HUP', $self->{master};

    wait_for(sub {
        my @new = grep { !$old{$_} } $self->workers_alive();
        return @new >= $self->{workers}
            && !grep { running($_) && title($_) !~ /shutting down/ }
                keys %old;
    }, 30) or die "nginx does not reload\n";

    return keys %old;
}


sub restart
{
    my ($self) = @_;
    my $good = $self->quit();
    $self->start();
    return $good;
}


# pids of workers that take requests

sub workers_alive
{
    my ($self) = @_;
    my $master = $self->{master} or return;
    return grep { title($_) =~ /nginx: worker process\s*$/ } children($master);
}


sub kill_worker
{
    my ($self, $pid) = @_;
    $pid //= ($self->workers_alive())[0];
    $self->{killed}{$pid} = 1;
    kill 'KILL', $pid;
    wait_for(sub { !running($pid) }, 10) or die "worker $pid lives\n";
    wait_for(sub { $self->workers_alive() >= $self->{workers} }, 20)
        or die "no new worker\n";
    return $pid;
}


# ---- requests

sub connect
{
    my ($self, %o) = @_;
    return Sandbox::HTTP->new(port => $self->{port},
        timeout => $self->{timeout}, %o);
}


# sends the bytes as they are, reads one response

sub raw
{
    my ($self, $bytes, %o) = @_;
    my $c = $self->connect(%o);
    $c->send($bytes);
    my $res = $c->response(method => ($bytes =~ /^(\w+)/)[0]);
    $c->close() if !$o{keep};
    return $res;
}


# a request to the API; opts: key, json, body, headers [], host, keep

sub api
{
    my ($self, $method, $path, %o) = @_;
    my $c = delete $o{conn} || $self->connect();

    $c->request($method, $path, $self->api_options(%o));
    return $c->response(method => $method);
}


sub api_options
{
    my ($self, %o) = @_;
    my @headers = @{$o{headers} || []};
    my $key = $o{key} // $self->{key};

    push @headers, Authorization => "Bearer $key" if defined $key;
    $o{host} //= "localhost:$self->{port}";

    if (exists $o{json}) {
        $o{body} = JSON::PP->new->canonical->encode($o{json});
        push @headers, 'Content-Type' => 'application/json';
    }

    return (%o, headers => \@headers);
}


# a request to a preview host; the url is one that the API has given

sub preview
{
    my ($self, $method, $url, %o) = @_;
    my ($host, $path) = $url =~ m{^https?://([^/]+)(/.*)?$}
        or die "no url: $url\n";
    my $c = delete $o{conn} || $self->connect();

    $path = $o{path} if defined $o{path};
    $c->request($method, $path // '/', %o, host => $host);
    return $c->response(method => $method);
}


# REST exec: {status, stdout, stderr, exit, events, ...}

sub exec
{
    my ($self, $id, $argv, %o) = @_;
    my $c = $self->exec_start($id, $argv, %o);
    return exec_result($c);
}


# sends the request only, on a connection of its own unless o has a conn;
# exec_result() reads what comes of it

sub exec_start
{
    my ($self, $id, $argv, %o) = @_;
    my %json = (argv => [map { "$_" } @$argv]);
    my $c = $o{conn} || $self->connect();

    $json{$_} = $o{$_} for grep { exists $o{$_} } qw/cwd timeout_ms env/;
    $c->request('POST', "/v1/sandbox/$id/exec",
        $self->api_options(json => \%json,
            map { ($_ => $o{$_}) } grep { exists $o{$_} } qw/key headers/));
    return $c;
}


sub exec_result
{
    my ($c) = @_;
    my $head = $c->head();
    my $res = { %$head, stdout => '', stderr => '', events => [] };

    if ($head->{status} != 200
        || ($head->{headers}{'content-type'} // '') !~ m{^text/event-stream})
    {
        $res->{body} = $c->body();
        $res->{json} = eval { JSON::PP::decode_json($res->{body}) };
        return $res;
    }

    my $sse = Sandbox::SSE->new($c);

    while (my $e = $sse->next()) {
        push @{$res->{events}}, $e;
        if ($e->{event} eq 'stdout' || $e->{event} eq 'stderr') {
            $res->{$e->{event}} .= MIME::Base64::decode_base64($e->{data});

        } elsif ($e->{event} eq 'exit') {
            my $json = JSON::PP::decode_json($e->{data});
            $res->{exit} = $json->{exit_code};
            $res->{$_} = $json->{$_}
                for grep { exists $json->{$_} } qw/timed_out signal/;

        } elsif ($e->{event} eq 'error') {
            $res->{error} = JSON::PP::decode_json($e->{data});
        }
    }

    $res->{broken} = $c->{broken};
    return $res;
}


# stdout of a command that must end with 0

sub run_in
{
    my ($self, $id, $script, %o) = @_;
    my $res = $self->exec($id, ['sh', '-c', $script], %o);

    if (!defined $res->{exit} || $res->{exit} != 0) {
        Test::More::diag("command in $id: status $res->{status}, exit "
            . ($res->{exit} // 'none') . ": $res->{stderr} "
            . ($res->{body} // '')
            . ($res->{error} ? JSON::PP::encode_json($res->{error}) : ''));
        return undef;
    }

    return $res->{stdout};
}


sub put
{
    my ($self, $id, $path, $body, %o) = @_;
    $path =~ s{^/}{};
    return $self->api('PUT', "/v1/sandbox/$id/file/$path", body => $body, %o);
}


sub get
{
    my ($self, $id, $path, %o) = @_;
    $path =~ s{^/}{};
    return $self->api('GET', "/v1/sandbox/$id/file/$path", %o);
}


# exposes the port and returns the url

sub expose
{
    my ($self, $id, $port, %o) = @_;
    my %opts = map { ($_ => delete $o{$_}) } grep { exists $o{$_} }
        qw/key headers/;
    my $res = $self->api('POST', "/v1/sandbox/$id/ports",
        json => { port => $port, %o }, %opts);

    if ($res->{status} != 200) {
        Test::More::diag("expose: $res->{status} $res->{body}");
        return undef;
    }
    return $res->{json}{url};
}


# puts t/lib/apps/<name> into the sandbox, runs it in the background with
# these arguments, the first of them its port, and waits until it listens

sub app
{
    my ($self, $id, $name, $port, @args) = @_;
    my $put = $self->put($id, "workspace/.app/$name",
        slurp("$ROOT/t/lib/apps/$name"));
    die "put $name: $put->{status} $put->{body}\n" if $put->{status} != 200;

    my $out = $self->run_in($id, "cd /workspace && "
        . "nohup python3 /workspace/.app/$name $port @args "
        . ">/tmp/app-$port.log 2>&1 </dev/null & "
        . "for i in \$(seq 300); do "
        . "grep -qi ':" . sprintf('%04X', $port) . " [0-9A-F:]* 0A' "
        . "/proc/net/tcp /proc/net/tcp6 && exit 0; sleep 0.1; done; "
        . "cat /tmp/app-$port.log >&2; exit 1");
    die "$name does not listen on $port\n" if !defined $out;
}


# ---- the engine

sub instance
{
    my ($self) = @_;
    return undef if ! -s "$self->{state}/instance";
    my ($name) = slurp("$self->{state}/instance") =~ /(\S+)/;
    return $name;
}


# names of this instance's containers

sub containers
{
    my ($self, %o) = @_;
    my $instance = $self->instance() or return;
    my $all = $o{running} ? '' : '-a';
    return split /\n/, docker("ps $all --no-trunc --format '{{.Names}}' "
        . "--filter label=nginx-sandbox.instance=$instance");
}


# names in the state directory that are there for the sake of a sandbox

sub state_names
{
    my ($self) = @_;
    opendir my $state, $self->{state} or die "$self->{state}: $!\n";
    opendir my $run, "$self->{state}/.run" or die "$self->{state}/.run: $!\n";

    return (grep({ !/^(?:\.\.?|\.run|\.agent|instance)$/ } readdir $state),
        map { ".run/$_" } grep { !/^\.\.?$/ } readdir $run);
}


# the container's name of a sandbox: the random part of its directory

sub run_of
{
    my ($self, $id) = @_;
    my $link = readlink "$self->{state}/$id/run" or return undef;
    $link =~ s{.*/}{};
    return $link;
}


sub container_of
{
    my ($self, $id) = @_;
    my $run = $self->run_of($id) or return undef;
    my ($name) = grep { index($_, $run) >= 0 } $self->containers();
    return $name;
}


# the agent's pid as the host sees it, 0 when it does not run

sub agent_pid
{
    my ($self, $id) = @_;
    my $name = $self->container_of($id) or return 0;
    my $pid = docker("inspect --format '{{.State.Pid}}' $name");
    return $pid =~ /^(\d+)/ ? $1 : 0;
}


sub docker
{
    my ($args) = @_;
    my $out = `docker $args 2>/dev/null`;
    return $out;
}


# ---- logs and the end

sub log_text
{
    my ($self, $name) = @_;
    return slurp("$self->{dir}/" . ($name || 'error.log'));
}


# lines at alert and above, and sanitizers' words, that nobody expects

sub bad_lines
{
    my ($self) = @_;
    my @bad;

    return if ! -e "$self->{dir}/error.log";

    for (split /\n/, $self->log_text()) {
        next if !/\[(?:alert|crit|emerg)\]|Sanitizer|runtime error:/;
        next if /worker process (\d+) exited on signal 9/
            && $self->{killed}{$1};
        my $line = $_;
        next if grep { $line =~ $_ } @{$self->{allow}};
        push @bad, $_;
    }

    return @bad;
}


# a leak check cannot look into a process that nobody may trace, as the agent is

sub agent_complaints
{
    my ($self) = @_;
    my @bad;

    for my $name ($self->containers()) {
        my $text = `docker logs $name 2>&1`;
        push @bad, "$name: $_"
            for grep { /Sanitizer|runtime error:|Assertion/
                && !/LeakSanitizer (?:has encountered|does not work)/ }
                split /\n/, $text;
    }

    return @bad;
}


# the last call of a test: ends nginx, and adds the tests of its end

sub done
{
    my ($self, @more) = @_;

    for my $t ($self, @more) {
        my @agents = $t->agent_complaints();
        my $good = $t->alive() && $t->quit();

        Test::More::ok($good, 'nginx runs to the end and quits');
        my @bad = $t->bad_lines();
        Test::More::is(scalar @bad, 0, 'no alert in the error log');
        Test::More::diag(join "\n", @bad[0 .. ($#bad > 9 ? 9 : $#bad)])
            if @bad;
        Test::More::is("@agents", '', 'no complaint of an agent');
        $t->cleanup();
    }

    Test::More::done_testing();
}


sub cleanup
{
    my ($self) = @_;
    return if $self->{cleaned}++;

    $self->quit('TERM') if $self->{master};

    my @names = eval { $self->containers() };
    `docker rm -f -v @names 2>&1` if @names;

    if ($ENV{TEST_SANDBOX_LEAVE}) {
        Test::More::diag("left: $self->{dir}");
        return;
    }
    File::Path::remove_tree($self->{dir}, { safe => 0 });
}


END {
    if ($$ == $PID) {
        my $status = $?;
        $_->cleanup() for @INSTANCES;
        $? = $status;
    }
}


# ---- small things

sub wait_for
{
    my ($check, $seconds) = @_;
    my $end = Time::HiRes::time() + ($seconds || 30);

    while (1) {
        my $value = $check->();
        return $value if $value;
        return $value if Time::HiRes::time() > $end;
        Time::HiRes::sleep(0.02);
    }
}


my %given;

sub free_port
{
    for (1 .. 100) {
        my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1',
            Proto => 'tcp') or die "no port: $!";
        my $port = $s->sockport();
        close $s;
        return $port if !$given{$port}++;
    }
    die "no free port\n";
}


sub running
{
    my ($pid) = @_;
    open my $f, '<', "/proc/$pid/stat" or return 0;
    my $stat = <$f> // '';
    return $stat =~ /\) [ZX] / ? 0 : $stat ne '';
}


sub title
{
    my ($pid) = @_;
    open my $f, '<', "/proc/$pid/cmdline" or return '';
    local $/;
    my $text = <$f> // '';
    $text =~ s/\0+/ /g;
    return $text;
}


sub children
{
    my ($parent) = @_;
    my @pids;

    opendir my $d, '/proc' or die $!;
    for my $pid (grep { /^\d+$/ } readdir $d) {
        open my $f, '<', "/proc/$pid/stat" or next;
        my $stat = <$f> // next;
        push @pids, $pid if $stat =~ /\) \S (\d+)/ && $1 == $parent;
    }
    return sort { $a <=> $b } @pids;
}


# of a process, in bytes: VmHWM, VmRSS, RssAnon ...

sub memory
{
    my ($pid, $name) = @_;
    open my $f, '<', "/proc/$pid/status" or return 0;
    while (<$f>) {
        return $1 * 1024 if /^\Q$name\E:\s+(\d+) kB/;
    }
    return 0;
}


sub slurp
{
    my ($path) = @_;
    open my $f, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar(<$f>) // '';
}


sub spew
{
    my ($path, $text) = @_;
    open my $f, '>:raw', $path or die "$path: $!\n";
    print $f $text or die "$path: $!\n";
    close $f or die "$path: $!\n";
}


sub copy
{
    my ($from, $to, $mode) = @_;
    spew("$to.tmp", slurp($from));
    chmod $mode, "$to.tmp";
    rename "$to.tmp", $to or die "$to: $!\n";
}


1;
