#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors

# An engine that misbehaves, for the unit tests of agent_client.
#
# mock_engine.pl <dir>[:<mode of pings>]
#
# Listens on <dir>/engine.sock and on a port of 127.0.0.1, prints the port,
# and appends each request that it got to <dir>/log.  What it does with a call
# is named by the container of the call: /containers/<mode>/start, or by the
# value of its label.

use warnings;
use strict;

use IO::Handle;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket qw/ SOL_SOCKET SO_LINGER SOMAXCONN /;

my ($dir, $pings) = split /:/, $ARGV[0];
$pings = '1.41' unless defined $pings;

my $id = 'ab' x 32;

$SIG{CHLD} = 'IGNORE';
$SIG{PIPE} = 'IGNORE';

my $tcp = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'tcp',
	Listen => SOMAXCONN, ReuseAddr => 1) or die "tcp: $!";

my $unix = IO::Socket::UNIX->new(Local => "$dir/engine.sock",
	Listen => SOMAXCONN) or die "unix: $!";

STDOUT->autoflush(1);
print $tcp->sockport(), "\n";
close STDOUT;

my $select = IO::Select->new($tcp, $unix);

while (my @ready = $select->can_read()) {
	for my $listen (@ready) {
		my $s = $listen->accept() or next;

		my $pid = fork();

		if (!defined $pid || $pid != 0) {
			close $s;
			next;
		}

		close $tcp;
		close $unix;

		serve($s);
		exit 0;
	}
}

###############################################################################

sub serve {
	my ($s) = @_;
	my $in = '';

	for ( ;; ) {
		until ($in =~ /\r\n\r\n/) {
			sysread($s, $in, 65536, length $in) or return;
		}

		$in =~ s/^(.*?\r\n\r\n)//s;
		my $head = $1;

		my $body = '';

		if ($head =~ /^content-length: *(\d+)/mi) {
			my $n = $1;

			while (length $in < $n) {
				sysread($s, $in, 65536, length $in) or return;
			}

			$body = substr($in, 0, $n, '');
		}

		my ($method, $uri) = $head =~ /^(\S+) (\S+)/;

		record("$method $uri $body\n");

		answer($s, $head, $method, $uri) or return;
	}
}

sub answer {
	my ($s, $head, $method, $uri) = @_;

	(my $path = $uri) =~ s/%([0-9A-F]{2})/chr hex $1/ge;

	return ping($s) if $path eq '/_ping';

	unless ($path =~ s!^/v1\.(\d+)/!/!) {
		return plain($s, 404, message('page not found'));
	}

	my $minor = $1;

	if ($pings eq 'replaced' && $minor != 41) {
		return plain($s, 400, message("client version 1.$minor is too "
			. 'new. Maximum supported API version is 1.41'));
	}

	if ($pings =~ /-min1\.(\d+)(x?)$/ && ($2 || $1 > $minor)) {
		return plain($s, 400, message("client version 1.$minor is too "
			. "old. Minimum supported API version is 1.$1, please "
			. 'upgrade your client to a newer version'));
	}

	my $mode = $path =~ /instance=(\w+)/ ? $1
		: $path =~ /[?&]name=(\w+)/ ? $1
		: $path =~ m!^/\w+/([\w.]+)! ? $1 : 'ok';

	my ($status, $text) = good($method, $path);

	return events($s, $mode) if $path =~ m!^/events!;

	if ($mode =~ /^s(\d\d\d)$/) {
		return plain($s, $1, $1 == 304 ? '' : message("words of $1"));
	}

	if ($mode eq 'drip') {
		for my $c (split //, head($status, $text) . $text) {
			syswrite($s, $c);
			select undef, undef, undef, 0.0005;
		}

		return 1;

	} elsif ($mode eq 'split') {
		syswrite($s, "HTTP/1.1 $status Whatever\r\n"
			. "Content-Type: application/json\r\n");

		return syswrite($s, "\r\n") if $status == 204;

		syswrite($s, "Transfer-Encoding: chunked\r\n\r\n");
		syswrite($s, "1\r\n$_\r\n") for split //, $text;
		syswrite($s, "0\r\n\r\n");

		return 1;

	} elsif ($mode eq 'half') {
		return plain($s, $status == 204 ? 200 : $status,
			substr('{"Id":"abab","State":[', 0, 11));

	} elsif ($mode eq 'truncated') {
		syswrite($s, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n"
			. "Content-Type: application/json\r\n\r\n[{");
		return 0;

	} elsif ($mode eq 'unended') {
		syswrite($s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
			. "Content-Type: application/json\r\n\r\n2\r\n[]\r\n");
		return 0;

	} elsif ($mode eq 'headonly') {
		syswrite($s, "HTTP/1.1 200 OK\r\nContent-Le");
		return 0;

	} elsif ($mode eq 'reset') {
		return reset_it($s);

	} elsif ($mode eq 'reset_late') {
		syswrite($s, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n"
			. "Content-Type: application/json\r\n\r\n[{");
		select undef, undef, undef, 0.05;
		return reset_it($s);

	} elsif ($mode eq 'gone') {
		return 0;

	} elsif ($mode eq 'silent') {
		sysread($s, my $rest, 1);
		return 0;

	} elsif ($mode eq 'stalled') {
		syswrite($s, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n"
			. "Content-Type: application/json\r\n\r\n[{");
		sysread($s, my $rest, 1);
		return 0;

	} elsif ($mode eq 'big') {
		return plain($s, 200, '[' . ' ' x 10_000_000 . ']');

	} elsif ($mode eq 'big_chunks') {
		syswrite($s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
			. "Content-Type: application/json\r\n\r\n");

		for (1 .. 200) {
			syswrite($s, "c350\r\n" . ' ' x 50000 . "\r\n")
				or return 0;
		}

		return 0;

	} elsif ($mode eq 'html') {
		return plain($s, $status == 204 ? 200 : $status, $text,
			'text/html');

	} elsif ($mode eq 'deep') {
		return plain($s, 200, '[' x 100_000 . ']' x 100_000);

	} elsif ($mode eq 'wide') {
		return plain($s, 200, '[' . '0,' x 500_000 . '0]');

	} elsif ($mode eq 'types') {
		return plain($s, 200, '[{"Id":[],"State":1,"Names":{}}]');

	} elsif ($mode eq 'empty') {
		return plain($s, 200, '');

	} elsif ($mode eq 'headers') {
		syswrite($s, "HTTP/1.1 200 OK\r\n"
			. join('', map { "X-Header-$_: $_\r\n" } 1 .. 500)
			. "Content-Type: application/json\r\n"
			. "Content-Length: 2\r\n\r\n[]");
		return 0;

	} elsif ($mode eq 'header') {
		syswrite($s, "HTTP/1.1 200 OK\r\nX-Long: " . 'x' x 90_000
			. "\r\nContent-Length: 2\r\n\r\n[]");
		return 0;

	} elsif ($mode eq 'interim') {
		syswrite($s, "HTTP/1.1 102 Processing\r\n\r\n" x 2);
		return plain($s, $status, $text);

	} elsif ($mode eq 'interims') {
		for (1 .. 1000) {
			syswrite($s, "HTTP/1.1 102 Processing\r\n\r\n" x 10)
				or return 0;
		}

		return 0;

	} elsif ($mode eq 'redirect') {
		syswrite($s, "HTTP/1.1 307 Elsewhere\r\n"
			. "Location: /followed\r\nContent-Length: 0\r\n\r\n");
		return 1;

	} elsif ($mode eq 'garbage') {
		syswrite($s, join '', map { chr(($_ * 7919) % 256) } 1 .. 5000);
		return 0;

	} elsif ($mode eq 'old') {
		syswrite($s, $text || 'no status line');
		return 0;

	} elsif ($mode eq 'words') {
		return plain($s, 500, '{"message":"a\u001b[31m\nb\u0007'
			. '\u00e9' x 400 . '"}');

	} elsif ($mode eq 'taken') {
		return plain($s, 500, message('creating container storage: the '
			. 'container name \\"c1\\" is already in use by 0123'));

	} elsif ($mode eq 'wordless') {
		return plain($s, 500, 'oh no', 'text/plain');

	} elsif ($mode eq 'once') {
		plain($s, $status, $text);
		return 0;
	}

	return plain($s, $status, $text);
}

sub good {
	my ($method, $path) = @_;

	my $labels = '"Labels":{"nginx-sandbox.run":"r1","other":"x"}';

	return (201, qq/{"Id":"$id","Warnings":null}/)
		if $path =~ m!^/containers/create!;

	return (200, qq/[{"Id":"$id","Names":["\/other\/alias","\/c1"],/
		. qq/"Image":"i:1","State":"running","Status":"Up 2 s",$labels}/
		. qq/,{"Id":"cd","Names":null,"State":"dead","Labels":null}]/)
		if $path =~ m!^/containers/json!;

	return (200, qq/{"Id":"$id","Name":"\/c1","State":{"Status":"exited",/
		. qq/"Pid":0,"ExitCode":137,"OOMKilled":true,"Paused":false},/
		. qq/"Config":{"Image":"i:1",$labels}}/)
		if $path =~ m!^/containers/[^/]+/json!;

	return (200, '{"Id":"sha256:1234","Config":{"User":"app:1",'
		. '"WorkingDir":"/w"}}') if $path =~ m!^/images/!;

	return (200, '{"NCPU":4,"MemTotal":8589934592}') if $path eq '/info';

	return (204, '');
}

sub events {
	my ($s, $mode) = @_;

	my $event = sub {
		my ($action, $more) = @_;
		return qq/{"Type":"container","Action":"$action","Actor":/
			. qq/{"ID":"$id","Attributes":{"nginx-sandbox.run":/
			. qq/"r1"$more}}}\n/;
	};

	my $text = $event->('start', '') . $event->('die', ',"exitCode":"137"')
		. $event->('exec_create: ls -l with a rather long command', '');

	if ($mode eq 's500') {
		return plain($s, 500, message('words of 500'));
	}

	if ($mode eq 'html') {
		return plain($s, 200, $text, 'text/html');
	}

	syswrite($s, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
		. "Transfer-Encoding: chunked\r\n\r\n");

	my $chunk = sub {
		syswrite($s, sprintf("%x\r\n%s\r\n", length $_[0], $_[0]));
	};

	if ($mode eq 'split') {
		$chunk->($_) for split //, $text;

	} elsif ($mode eq 'ends') {
		$chunk->($text);
		syswrite($s, "0\r\n\r\n");
		return 0;

	} elsif ($mode eq 'reset') {
		$chunk->($text);
		select undef, undef, undef, 0.05;
		return reset_it($s);

	} elsif ($mode eq 'broken') {
		$chunk->($event->('start', '') . "{\"Type\":\n");

	} elsif ($mode eq 'types') {
		$chunk->($event->('start', '') . "{\"Type\":1}\n");

	} elsif ($mode eq 'long') {
		$chunk->($event->('start', ''));
		$chunk->('x' x 1000) for 1 .. 200;

	} elsif ($mode eq 'others') {
		$chunk->("\n\r\n{\"Type\":\"network\",\"Action\":\"connect\"}\n"
			. $event->('start', ''));

	} elsif ($mode eq 'flood') {
		for (1 .. 500) {
			$chunk->($event->('start', '') x 40) or return 0;
		}

		syswrite($s, "0\r\n\r\n");
		return 0;

	} elsif ($mode ne 'silent') {
		$chunk->($text);
	}

	sysread($s, my $rest, 1);

	return 0;
}

sub ping {
	my ($s) = @_;
	my $version = $pings;

	if ($pings eq 'silent') {
		sysread($s, my $rest, 1);
		return 0;
	}

	if ($pings =~ /^s(\d+)$/) {
		return plain($s, $1, message('forbidden'));
	}

	if ($pings eq 'replaced') {

		# of a newer engine at first

		open my $log, '<', "$dir/log" or die;
		my $n = grep { m!^GET /_ping! } <$log>;
		$version = $n > 1 ? '1.41' : '1.47';
	}

	$version =~ s/-min.*//;

	$version = $pings eq 'none' ? '' : "Api-Version: $version\r\n";

	syswrite($s, "HTTP/1.1 200 OK\r\n${version}Content-Length: 2\r\n\r\n"
		. 'OK');

	return 1;
}

sub message {
	return qq/{"message":"$_[0]"}\n/;
}

sub head {
	my ($status, $text, $type) = @_;

	my $head = "HTTP/1.1 $status Whatever\r\n";

	return "$head\r\n" if $status == 204 || $status == 304;

	$type ||= 'application/json';

	return $head . "Content-Type: $type\r\nContent-Length: "
		. length($text) . "\r\n\r\n";
}

sub plain {
	my ($s, $status, $text, $type) = @_;

	my $out = head($status, $text, $type);
	$out .= $text unless $status == 204 || $status == 304;

	while (length $out) {
		my $n = syswrite($s, $out) or return 0;
		substr($out, 0, $n, '');
	}

	return 1;
}

sub reset_it {
	my ($s) = @_;

	# a unix socket has no reset: unread bytes make one

	setsockopt($s, SOL_SOCKET, SO_LINGER, pack('II', 1, 0));
	close $s;

	return 0;
}

sub record {
	my ($line) = @_;

	open my $log, '>>', "$dir/log" or die "$dir/log: $!";
	syswrite($log, $line);
	close $log;
}

###############################################################################
