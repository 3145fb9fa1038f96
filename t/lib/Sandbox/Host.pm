package Sandbox::Host;

# Copyright (C) the ngx_sandbox authors

# A host of the test's own: network and mount namespaces with a Docker engine
# in them, and a small world around it, so that nothing of this machine is
# touched and everything is gone with the test's processes.  The calling
# process enters it, for good.
#
#   198.51.100.7    in the world, as an address in the internet; world.test
#   198.51.100.9    the npm registry, relayed to the real one
#   198.51.100.130  the world's in a public subnet that the host is in
#   10.66.0.53      the resolver, the world's
#   and addresses of many private ranges, the world's, with routes to them

use warnings;
use strict;

use File::Path ();
use File::Temp ();
use IO::Handle;
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Socket;
use Test::More ();
use Time::HiRes ();

use Sandbox;
use Sandbox::Engine;

our @PRIVATE = qw/10.77.0.5 172.31.7.5 192.168.77.5 100.64.7.5
    100.100.100.200 169.254.169.254 168.63.129.16 192.0.0.192 192.88.99.1
    198.18.7.5 198.19.7.5 0.7.7.7 240.7.7.7/;
our @PRIVATE6 = qw/fd66::2 fd00:ec2::254 2001:db8::7 64:ff9b::a4d:5/;

my %calls = (
    x86_64 => { prctl => 157, unshare => 272, setns => 308 },
    aarch64 => { prctl => 167, unshare => 97, setns => 268 },
);
my $calls = $calls{(POSIX::uname())[4]} or die "another machine\n";

my $NEWNET = 0x40000000;
my $NEWNS = 0x00020000;
my $PID = $$;
my @HOSTS;


sub new
{
    my ($class) = @_;
    my $self = bless { pids => [] }, $class;

    $self->{dir} = File::Temp::tempdir('/tmp/sbh-XXXXXX');
    chmod 0711, $self->{dir};
    push @HOSTS, $self;

    # before /etc/resolv.conf is another one
    $self->{relay} = $self->relay_start();

    syscall($calls->{unshare}, $NEWNET | $NEWNS) == 0
        or die "unshare: $!\n";
    sh('mount --make-rprivate /');

    Sandbox::spew("$self->{dir}/resolv.conf", "nameserver 10.66.0.53\n");
    sh("mount --bind $self->{dir}/resolv.conf /etc/resolv.conf");

    $self->{world} = $self->child(sub {
        syscall($calls->{unshare}, $NEWNET) == 0 or POSIX::_exit(1);
        print "ready\n";
        STDOUT->flush();
        sleep 1 while 1;
    });

    $self->wire();
    $self->serve();
    $self->relay_begin();

    return $self;
}


# the wire between host and world, and their addresses

sub wire
{
    my ($self) = @_;
    my $in = "nsenter -t $self->{world} -n";
    my @all = (@PRIVATE, '198.51.100.7', '198.51.100.9');

    sh('ip link set lo up');
    sh("ip link add wan0 type veth peer name eth0 netns $self->{world}");
    sh('ip addr add 10.66.0.1/24 dev wan0');
    sh('ip addr add 198.51.100.129/25 dev wan0');
    sh('ip link set wan0 up');
    sh("$in ip link set lo up");
    sh("$in ip addr add 10.66.0.2/24 dev eth0");
    sh("$in ip addr add 10.66.0.53/24 dev eth0");
    sh("$in ip addr add 198.51.100.130/25 dev eth0");
    sh("$in ip link set eth0 up");
    sh("$in ip addr add $_/32 dev lo") for @all;
    sh("ip route add $_/32 via 10.66.0.2") for @all;
    sh('ip route add default via 10.66.0.2');

    if ($self->{ipv6} = -e '/proc/sys/net/ipv6/conf/all/forwarding') {
        sh('ip -6 addr add fd66::1/64 dev wan0 nodad');
        sh("$in ip -6 addr add fd66::2/64 dev eth0 nodad");
        sh("$in ip -6 addr add $_/128 dev lo nodad")
            for grep { $_ ne 'fd66::2' } @PRIVATE6;
        sh('ip -6 route add default via fd66::2');
        sh("$in ip -6 route add default via fd66::1");
        sh('sysctl -q -w net.ipv6.conf.all.forwarding=1');
    }

    sh('ip link add sbxdocker0 type bridge');
    sh('ip addr add 172.29.44.1/24 dev sbxdocker0');
    sh('ip link set sbxdocker0 up');
}


# HTTP on port 80 of all the world's addresses

sub serve
{
    my ($self) = @_;
    my $www = "$self->{dir}/www";

    mkdir $www or die $!;
    Sandbox::spew("$www/hello", "hello from the world\n");

    $self->child(sub {
        enter("/proc/$self->{world}/ns/net");
        print "ready\n";
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', '/dev/null';
        exec 'python3', '-m', 'http.server', '80', '-d', $www
            or POSIX::_exit(127);
    });

    Sandbox::wait_for(sub { reach('198.51.100.7', 80) }, 30)
        or die "the world does not serve\n";
}


# ---- the relay, whose outer half is in the machine's own namespace: name
# server, and a way to the npm registry

sub relay_start
{
    my ($self) = @_;
    my $registry = `npm config get registry 2>/dev/null` // '';

    ($self->{registry}, my $host, my $port) = ($1, $2, $3)
        if $registry =~ m{^(https?://([a-z0-9.-]+)(?::(\d+))?/.*?)\s*$}i;
    $host //= '';
    $port ||= $registry =~ /^http:/ ? 80 : 443;

    $host ne '' && IO::Socket::INET->new(PeerAddr => $host,
        PeerPort => $port, Timeout => 10)
        or die "npm's registry cannot be reached: $registry\n";

    pipe my $read, $self->{begin} or die $!;
    $self->{begin}->autoflush(1);
    pipe my $ready, my $done or die $!;

    my $pid = fork // die $!;
    if ($pid == 0) {
        syscall($calls->{prctl}, 1, POSIX::SIGKILL());
        close $self->{begin};
        close $ready;
        eval { relay($read, $done, $host, $port) };
        print STDERR "# the world's relay: $@" if $@;
        POSIX::_exit(1);
    }

    close $done;
    $self->{begun} = $ready;
    push @{$self->{pids}}, $pid;
    return $pid;
}


sub relay_begin
{
    my ($self) = @_;
    print {$self->{begin}} "$self->{world}\n";
    my $line = readline $self->{begun};
    die "the world's relay does not work\n" if !defined $line;
}


sub relay
{
    my ($read, $done, $host, $port) = @_;

    defined(my $world = <$read>) or POSIX::_exit(0);
    chomp $world;

    open my $outside, '<', '/proc/self/ns/net' or die $!;
    enter("/proc/$world/ns/net");

    my @dns = map { IO::Socket::INET->new(LocalAddr => '10.66.0.53',
        LocalPort => 53, Proto => $_, $_ eq 'tcp' ? (Listen => 20) : ())
        or die "$_: $!" } qw/udp tcp/;
    my $tcp = IO::Socket::INET->new(LocalAddr => '198.51.100.9',
        LocalPort => $port, Listen => 50, ReuseAddr => 1) or die $!;

    syscall($calls->{setns}, fileno $outside, $NEWNET) == 0 or die $!;

    $SIG{CHLD} = 'IGNORE';
    my %names = ('world.test' => '198.51.100.7', $host => '198.51.100.9');
    my $select = IO::Select->new(@dns, $tcp, $read);
    syswrite $done, "ready\n";

    while (1) {
        for my $s ($select->can_read()) {
            POSIX::_exit(0) if $s == $read;

            if ($s == $dns[0]) {
                my $peer = $s->recv(my $in, 1500) // next;
                my $out = answer($in, \%names) // next;
                $s->send($out, 0, $peer);
                next;
            }

            my $c = $s->accept() or next;
            next if fork;

            if ($s == $tcp) {
                my $far = IO::Socket::INET->new(PeerAddr => $host,
                    PeerPort => $port, Timeout => 20);
                copy($c, $far) if $far;

            } else {
                my ($len, $in);

                while (full($c, 2, \$len)
                    && full($c, unpack('n', $len), \$in))
                {
                    my $out = answer($in, \%names) // last;
                    syswrite $c, pack('n', length $out) . $out;
                }
            }
            POSIX::_exit(0);
        }
    }
}


sub full
{
    my ($s, $n, $to) = @_;
    $$to = '';
    while (length $$to < $n) {
        my $got = sysread $s, $$to, $n - length $$to, length $$to;
        return 0 if !$got;
    }
    return 1;
}


sub copy
{
    my ($x, $y) = @_;
    my $select = IO::Select->new($x, $y);

    while ($select->count()) {
        for my $from ($select->can_read()) {
            my $to = $from == $x ? $y : $x;
            my $n = sysread $from, my $buf, 65536;
            if (!$n) {
                $select->remove($from);
                shutdown $to, 1;
                next;
            }
            for (my $at = 0; $at < $n; ) {
                my $did = syswrite $to, $buf, $n - $at, $at;
                return if !$did;
                $at += $did;
            }
        }
    }
}


# a name server's answer

sub answer
{
    my ($in, $names) = @_;
    return undef if length $in < 17;

    my ($qid, $flags) = unpack 'nn', $in;
    my ($offset, @labels) = (12);

    while (my $n = ord substr $in, $offset, 1) {
        push @labels, substr $in, $offset + 1, $n;
        $offset += $n + 1;
        return undef if $offset + 5 > length $in;
    }

    my $question = substr $in, 12, $offset + 5 - 12;
    my $type = unpack 'n', substr $in, $offset + 1, 2;
    my $address = $names->{lc join '.', @labels};
    my @records = defined $address && $type == 1
        ? ("\xc0\x0c" . pack 'nnNna4', 1, 1, 60, 4, inet_aton($address)) : ();

    return pack('nnnnnn', $qid, 0x8180 | (defined $address ? 0 : 3), 1,
        scalar @records, 0, 0) . $question . join '', @records;
}


# ---- the engine

sub engine_start
{
    my ($self) = @_;
    my $d = "$self->{dir}/engine";

    # in memory: what is loaded into it is gone with the test

    if (!$self->{engine}) {
        File::Path::make_path($d);
        sh("mount -t tmpfs -o mode=0711 tmpfs $d");
        $self->{engine} = Sandbox::Engine->new(dir => $d,
            bridge => 'sbxdocker0');
    }

    $self->{engine}->start();
    $ENV{DOCKER_HOST} = $self->{engine}->host();
}


sub engine { $_[0]{engine}->engine() }


sub engine_stop { $_[0]{engine}->stop() }


# its end without a word, of the engine alone; what it ran goes on

sub engine_kill { $_[0]{engine}->kill_it() }


# a copy of an image of this machine's engine, which takes its time: begun
# here, and waited for by the returned function

sub image
{
    my ($self, $name) = @_;

    my $pid = $self->child(sub {
        print "ready\n";
        open STDOUT, '>', "$self->{dir}/load" or POSIX::_exit(1);
        eval { $self->{engine}->load($name); 1 } and POSIX::_exit(0);
        print $@;
        STDOUT->flush();
        POSIX::_exit(1);
    });

    return sub {
        waitpid $pid, 0;
        die "no image $name: " . Sandbox::slurp("$self->{dir}/load") if $?;
    };
}


# ---- small things

# a child that dies with this process, and has written a line when it returns

sub child
{
    my ($self, $code) = @_;

    pipe my $read, my $write or die $!;

    my $pid = fork // die $!;
    if ($pid == 0) {
        syscall($calls->{prctl}, 1, POSIX::SIGKILL());
        close $read;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>&', $write;
        STDOUT->autoflush(1);
        $code->();
        POSIX::_exit(1);
    }

    close $write;
    defined readline $read or die "a process of the world's failed\n";
    push @{$self->{pids}}, $pid;
    return $pid;
}


sub enter
{
    my ($path) = @_;
    open my $ns, '<', $path or die "$path: $!\n";
    syscall($calls->{setns}, fileno $ns, $NEWNET) == 0 or die "setns: $!\n";
}


sub reach
{
    my ($host, $port) = @_;
    require IO::Socket::IP;
    return IO::Socket::IP->new(PeerHost => $host, PeerPort => $port,
        Timeout => 5) ? 1 : 0;
}


sub sh
{
    my ($command) = @_;
    my $out = `exec 2>&1; $command`;
    die "$command: $out\n" if $?;
    return $out;
}


sub cleanup
{
    my ($self) = @_;
    return if $self->{cleaned}++;

    $self->{engine}->cleanup() if $self->{engine};

    kill 'KILL', $_ for @{$self->{pids}};
    waitpid $_, 0 for @{$self->{pids}};

    # all of it is mounted in this namespace only
    `awk '{ print \$5 }' /proc/self/mountinfo | grep '^$self->{dir}/' \\
        | sort -r | xargs -r umount -l 2>&1`;
    `umount -l /etc/resolv.conf 2>&1` if $self->{world};
    File::Path::remove_tree($self->{dir}, { safe => 0 });
}


END {
    if ($$ == $PID) {
        my $status = $?;
        $_->cleanup() for @HOSTS;
        $? = $status;
    }
}


1;
