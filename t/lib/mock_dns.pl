#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors

# A name server for the unit tests of agent_client: listens on a port of
# 127.0.0.1, which it prints, and appends each question to <dir>/dns.

use warnings;
use strict;

use IO::Handle;
use IO::Socket::INET;

my ($dir) = @ARGV;

my %names = (
	'good.test'  => { ttl => 60, A => ['127.0.0.1'] },
	'short.test' => { ttl => 1, A => ['127.0.0.1'] },
	'zero.test'  => { ttl => 0, A => ['127.0.0.1'] },
	'dead.test'  => { ttl => 60, A => ['127.0.0.3', '127.0.0.1'] },
	'gone.test'  => { ttl => 60, A => ['127.0.0.2', '127.0.0.1'] },
	'both.test'  => { ttl => 60, A => ['127.0.0.1'],
		AAAA => ["\0" x 15 . "\x01"] },
	'many.test'  => { ttl => 60, A => [('127.0.0.2') x 30] },
	'none.test'  => { ttl => 60, A => [] },
	'alias.test' => { ttl => 60, CNAME => 'good.test' },
);

my %types = (1 => 'A', 28 => 'AAAA');

my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'udp')
	or die "udp: $!";

STDOUT->autoflush(1);
print $s->sockport(), "\n";
close STDOUT;

while (defined(my $peer = $s->recv(my $in, 512))) {
	my $out = reply($in);
	$s->send($out, 0, $peer) if defined $out;
}

sub reply {
	my ($in) = @_;

	return undef if length $in < 17;

	my ($qid, $flags) = unpack 'nn', $in;
	my ($offset, @labels) = (12);

	while (my $n = ord substr $in, $offset, 1) {
		push @labels, substr $in, $offset + 1, $n;
		$offset += $n + 1;
		return undef if $offset > length $in;
	}

	my $question = substr $in, 12, $offset + 5 - 12;
	my ($type) = unpack 'n', substr $in, $offset + 1, 2;
	my $name = lc join '.', @labels;

	open my $log, '>>', "$dir/dns" or die "$dir/dns: $!";
	syswrite($log, "$name " . ($types{$type} || $type) . "\n");
	close $log;

	return undef if $name eq 'silent.test';
	return pack('n', $qid) . 'x' x 40 if $name eq 'garbage.test';
	return 'xyz' if $name eq 'scrap.test';

	my $host = $names{$name};
	my $rcode = $name eq 'servfail.test' ? 2 : $host ? 0 : 3;
	my @answers;

	if ($host && $host->{CNAME}) {
		my $target = join '', map { chr(length $_) . $_ }
			split /\./, $host->{CNAME};

		push @answers, rr("\xc0\x0c", 5, 60, "$target\0");

		push @answers, rr("$target\0", 1, 60, "\x7f\0\0\x01")
			if $type == 1;

	} elsif ($host) {
		for my $addr (@{ $host->{$types{$type} || ''} || [] }) {
			push @answers, rr("\xc0\x0c", $type, $host->{ttl},
				$type == 1 ? pack('C4', split /\./, $addr)
				: $addr);
		}
	}

	return pack('n6', $qid, 0x8180 | $rcode, 1, scalar @answers, 0, 0)
		. $question . join '', @answers;
}

sub rr {
	my ($name, $type, $ttl, $data) = @_;

	return $name . pack('nnNn', $type, 1, $ttl, length $data) . $data;
}
