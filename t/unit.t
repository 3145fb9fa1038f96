#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: unit

# The unit tests: each program below unit/ prints TAP, which is folded into
# one stream.  SANITIZE=1 runs the sanitized ones.  t/unit_engine.t runs the
# one that needs an engine.

use warnings;
use strict;

use File::Basename qw/ basename dirname /;
use File::Spec;

use Test::More;

my $t = File::Spec->rel2abs(dirname(__FILE__));
my $build = File::Spec->rel2abs($ENV{TEST_BUILD} || "$t/../build");
my $dir = $ENV{SANITIZE} || $ENV{TEST_SANDBOX_SANITIZE}
	? "$build/asan/unit" : "$build/unit";

our $ONLY;
my @wanted = grep { defined $ONLY ? $_ eq $ONLY : $_ ne 'test_ac_engine' }
	map { basename($_, '.c') } glob "$t/unit/test_*.c";

$ENV{TEST_DIR} = $t;
$ENV{UNIT_DIR} = $dir;
$ENV{CMOCKA_MESSAGE_OUTPUT} = 'TAP';

plan skip_all => "no unit tests in $t/unit" unless @wanted;

for my $name (@wanted) {
	subtest $name => sub {
		unless (-x "$dir/$name") {
			plan tests => 1;
			fail("$dir/$name is built");
			return;
		}

		run($name);
	};
}

done_testing();

###############################################################################

sub run {
	my ($name) = @_;
	my ($planned, $seen) = (undef, 0);

	open my $out, '-|', "$dir/$name 2>&1" or die "$name: $!";

	while (my $line = <$out>) {
		chomp $line;

		if ($line =~ /^1\.\.0 *# *SKIP *(.*)/i) {
			plan skip_all => $1;

		} elsif ($line =~ /^1\.\.(\d+)/) {
			$planned = $1;

		} elsif ($line =~ /^(not )?ok \d+(?: - )? *(.*)/) {
			my ($bad, $text) = ($1, $2);
			$seen++;

			if ($text =~ s/ *# *SKIP.*//i) {
				SKIP: { skip $text, 1; }
				next;
			}

			ok(!$bad, $text);

		} else {
			$line =~ s/^# //;
			diag("$name: $line") if $line =~ /error|Error|ERROR|==/;
			note($line);
		}
	}

	my $closed = close $out;

	# a program that was killed, or that a sanitizer has stopped

	ok($closed, "$name ends with 0") or diag("$name: status $?");
	is($seen, $planned, "$name has run all its tests");

	done_testing();
}

###############################################################################
