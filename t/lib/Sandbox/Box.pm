package Sandbox::Box;

# Copyright (C) the ngx_sandbox authors

# The agent as PID 1 of a namespace of its own, without an engine and without
# nginx: t/lib/agent_box.c plays their part.

use warnings;
use strict;

use Cwd qw/abs_path/;
use File::Basename qw/dirname/;
use File::Temp ();
use IO::Select;
use IPC::Open2 qw/open2/;
use JSON::PP ();
use MIME::Base64 qw/decode_base64/;
use Scalar::Util qw/weaken/;
use Time::HiRes ();

use Sandbox::HTTP;
use Sandbox::Keep;
use Sandbox::SSE;


our $ROOT = abs_path(dirname(__FILE__) . '/../../..');
our $SANITIZE = $ENV{TEST_SANDBOX_SANITIZE};
our $AGENT = $ENV{TEST_SANDBOX_AGENT}
    || ($SANITIZE ? "$ROOT/build/asan/agent" : "$ROOT/build/agent");
our $HELPER = "$ROOT/build/t/agent_box";

my $FIONREAD = 0x541b;
my $json = JSON::PP->new->canonical->utf8;
my $made;
my $complaints = 0;
my %alive;


# options: boot => members of the boot packet; ports; box => words for the
# helper; boots => 0 where no answer is expected; log => the agent's level

sub new
{
    my ($class, %o) = @_;
    my $self = bless { lines => [], in => '', %o }, $class;

    if (!$made++) {
        # one test at a time: none runs a program that is being written
        my $log = `mkdir -p $ROOT/build && cd $ROOT && flock build/agent_box.lock make -s -f agent/agent.mk agent-tests 2>&1`;
        die "agent_box: $log" if $?;
    }

    weaken($alive{$self} = $self);

    $self->{temp} = File::Temp::tempdir('/tmp/sbb-XXXXXX');
    $self->{dir} = "$self->{temp}/s";
    mkdir $self->{dir} or die $!;
    chmod 0711, $self->{dir};
    $self->log_level($o{log}) if defined $o{log};

    my $packet = $json->encode({ v => 1, id => 'test', user => '',
        env => {}, sleep_after_ms => 0, keep_alive => JSON::PP::false,
        %{$o{boot} || {}} });
    $packet =~ s/\}$//;

    open my $saved, '>&', \*STDERR or die $!;
    open STDERR, '>', "$self->{temp}/log" or die $!;
    $self->{helper} = open2($self->{out}, $self->{to}, $HELPER,
        $self->{dir}, $o{agent} || $AGENT, $o{packet} || $packet,
        @{$o{box} || []},
        ($SANITIZE ? ('env=ASAN_OPTIONS=detect_leaks=0:exitcode=99') : ()),
        @{$o{ports} || []});
    open STDERR, '>&', $saved or die $!;

    $self->{select} = IO::Select->new($self->{out});
    $self->{to}->autoflush(1);

    my $line = $self->event(qr/^pid (\d+)/, 60);
    ($self->{pid}) = $line =~ /(\d+)/ if $line;

    if ($o{boots} // 1) {
        $line = $self->event(qr/^(?:booted|unbooted|exit)/, 60) // 'nothing';
        die "the agent did not boot: $line\n" . $self->log()
            if $line !~ /^booted (.*)/;
        $self->{booted} = $json->decode($1);
    }

    return $self;
}


sub log
{
    my ($self) = @_;
    open my $fh, '<', "$self->{temp}/log" or return '';
    local $/;
    return scalar <$fh>;
}


# it is read at the start, and whenever a worker connects

sub log_level
{
    my ($self, $level) = @_;
    open my $fh, '>', "$self->{dir}/log-level" or die $!;
    print $fh "$level\n";
    close $fh or die $!;
}


sub pid { return $_[0]->{pid} }
sub socket { return "$_[0]->{dir}/" . ($_[1] // 'agent') . '.sock' }


sub tell
{
    my ($self, $line) = @_;
    print { $self->{to} } "$line\n";
}


# the next line of the helper that matches; undef when time is out

sub event
{
    my ($self, $re, $timeout) = @_;
    my $end = Time::HiRes::time() + ($timeout // 30);

    while (1) {
        for my $i (0 .. $#{$self->{lines}}) {
            if ($self->{lines}[$i] =~ $re) {
                return splice @{$self->{lines}}, $i, 1;
            }
        }

        my $left = $end - Time::HiRes::time();
        return undef if $left <= 0 || $self->{eof};
        next if !$self->{select}->can_read($left);

        my $n = sysread $self->{out}, $self->{in}, 65536,
            length $self->{in};
        $self->{eof} = 1 if !$n;
        push @{$self->{lines}}, $1 while $self->{in} =~ s/^([^\n]*)\n//;
    }
}


sub tether
{
    my ($self) = @_;
    $self->tell('tether');
    my $line = $self->event(qr/^(?:tether|refused)/) // '';
    return $line =~ /^tether (\d+)/ ? $1 : undef;
}


# the next packet on a tether

sub packet
{
    my ($self, $tether, $timeout) = @_;
    my $line = $self->event(qr/^(?:packet|closed) $tether\b/, $timeout)
        // return undef;
    return $line =~ /^packet \d+ (.*)/ ? $json->decode($1) : 'closed';
}


sub http
{
    my ($self, %o) = @_;
    return Sandbox::HTTP->new(path => $self->socket(), %o);
}


# one call on a connection of its own; a body that is a reference is JSON

sub call
{
    my ($self, $method, $path, $body, @headers) = @_;
    my $http = $self->http();
    $body = $json->encode($body) if ref $body;
    $http->request($method, $path, host => 'x', headers => [@headers],
        defined $body ? (body => $body) : ());
    return $http->response(method => $method);
}


# POST /api/execute; the same without waiting; its stdout, or what is wrong

sub execute
{
    my ($self, $command, %o) = @_;
    return $self->call('POST', '/api/execute', { command => $command, %o });
}


sub execute_start
{
    my ($self, $command, %o) = @_;
    my $http = $self->http(timeout => 120);
    $http->request('POST', '/api/execute', host => 'x',
        body => $json->encode({ command => $command, %o }));
    return $http;
}


sub output
{
    my ($self, $command, %o) = @_;
    my $res = $self->execute($command, %o);
    return $res->{status} == 200 ? $res->{json}{stdout}
        : "$res->{status} $res->{json}{code}";
}


# POST /exec, to its end: {status, stdout, stderr, exit, error, events}

sub exec
{
    my ($self, $body, @headers) = @_;
    my $http = $self->http(timeout => 120);
    $http->request('POST', '/exec', host => 'x', headers => [@headers],
        body => ref $body ? $json->encode($body) : $body);
    return $self->exec_read($http);
}


sub exec_read
{
    my ($self, $http) = @_;
    my $res = $http->head();

    if ($res->{status} != 200) {
        $res->{body} = $http->body();
        $res->{json} = eval { $json->decode($res->{body}) };
        return $res;
    }

    my $sse = Sandbox::SSE->new($http);
    $res->{stdout} = $res->{stderr} = '';

    while (my $e = $sse->next()) {
        push @{$res->{events}}, $e;
        if ($e->{event} =~ /^std/) {
            $res->{$e->{event}} .= decode_base64($e->{data});
        } else {
            $res->{$e->{event}} = $json->decode($e->{data});
        }
    }

    $res->{broken} = $http->{broken};
    return $res;
}


# the output of a shell command

sub sh
{
    my ($self, $command) = @_;
    my $res = $self->exec({ argv => ['/bin/sh', '-c', $command] });
    return $res->{stdout};
}


# a line of /proc/<pid>/status, without its unit

sub status
{
    my ($self, $name) = @_;
    open my $fh, '<', "/proc/$self->{pid}/status" or return undef;
    while (<$fh>) {
        return $1 if /^$name:\s+(\d+)/;
    }
    return undef;
}


# KB that no other process maps; which: 'Dirty' leaves out the file's own

sub private
{
    my ($self, $which) = @_;
    $which //= '\w+';
    open my $fh, '<', "/proc/$self->{pid}/smaps_rollup" or return undef;
    my $sum = 0;
    while (<$fh>) {
        $sum += $1 if /^Private_$which:\s+(\d+)/;
    }
    return $sum;
}


# processes in the agent's namespace, but the agent, whose command matches

sub processes
{
    my ($self, $re) = @_;
    my $ns = readlink "/proc/$self->{pid}/ns/pid" or return;
    my @found;

    for my $dir (glob '/proc/[0-9]*') {
        my ($pid) = $dir =~ /(\d+)$/;
        next if $pid == $self->{pid};
        next if (readlink("$dir/ns/pid") // '') ne $ns;
        open my $fh, '<', "$dir/cmdline" or next;
        local $/;
        my $text = <$fh> // '';
        $text =~ tr/\0/ /;
        open my $st, '<', "$dir/stat" or next;
        my $stat = <$st> // '';
        next if $stat =~ /\) Z/;
        push @found, $pid if !defined $re || $text =~ $re;
    }

    return @found;
}


# true as soon as the code is, within so many seconds

sub wait_for
{
    my ($self, $timeout, $code) = @_;
    my $end = Time::HiRes::time() + $timeout;

    while (1) {
        my $value = $code->();
        return $value if $value;
        return 0 if Time::HiRes::time() > $end;
        Time::HiRes::sleep(0.01);
    }
}


# waits until a connection that nobody reads takes no more: what waits in it
# stays the same

sub wait_full
{
    my ($self, $http, $timeout) = @_;
    my ($seen, $since) = (0, Time::HiRes::time());

    return $self->wait_for($timeout // 30, sub {
        my $size = pack 'i', 0;
        ioctl $http->{sock}, $FIONREAD, $size or die "FIONREAD: $!";
        my $n = unpack 'i', $size;

        return $n && Time::HiRes::time() - $since > 0.2 if $n == $seen;
        ($seen, $since) = ($n, Time::HiRes::time());
        return 0;
    });
}


# waits until the agent has nothing to do: the kernel does not schedule it

sub wait_idle
{
    my ($self, $timeout) = @_;
    my ($seen, $since) = (-1, Time::HiRes::time());

    return $self->wait_for($timeout // 30, sub {
        my $n = $self->status('voluntary_ctxt_switches')
            + $self->status('nonvoluntary_ctxt_switches');

        return Time::HiRes::time() - $since > 0.2 if $n == $seen;
        ($seen, $since) = ($n, Time::HiRes::time());
        return 0;
    });
}


# the exit status after a signal from outside

sub stop
{
    my ($self, $signal) = @_;
    $self->tell('signal ' . ($signal // 15));
    return $self->exit_status();
}


sub exit_status
{
    my ($self, $timeout) = @_;
    my $line = $self->event(qr/^exit/, $timeout // 30) // return undef;
    return $line =~ /(\d+)/ ? $1 : undef;
}


sub DESTROY
{
    my ($self) = @_;
    local ($?, $!, $@);

    return if !delete $alive{$self};

    # at the end of its input the helper ends the agent
    close $self->{to} if $self->{to};
    close $self->{out} if $self->{out};
    waitpid $self->{helper}, 0 if $self->{helper};

    my $log = $self->log();
    if ($log =~ /Sanitizer|runtime error/) {
        warn "agent's log:\n$log";
        $complaints++;
    }

    Sandbox::Keep::discard($self->{temp}) if $self->{temp};
}


# what a sanitizer has to say fails the test, whenever it says it

END {
    my $status = $?;
    $_->DESTROY() for grep { $_ } values %alive;
    $? = $status || ($complaints ? 1 : 0);
}


1;
