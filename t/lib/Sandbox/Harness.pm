package Sandbox::Harness;

# Copyright (C) the ngx_sandbox authors

# prove --harness: the last lines of a run name what was skipped, and why, and
# what passed on the second try only.

use warnings;
use strict;

use parent 'TAP::Harness';


sub make_parser
{
    my ($self, $job) = @_;
    my ($parser, $session) = $self->SUPER::make_parser($job);
    my $file = $job->description();

    my $skip = sub {
        my ($why) = @_;
        $self->{skipped}{$file}{$why}++;
    };

    $parser->callback(plan => sub {
        $skip->($_[0]->explanation()) if $_[0]->has_skip();
    });

    $parser->callback(test => sub {
        $skip->($_[0]->explanation()) if $_[0]->has_skip();
    });

    # tests within tests are no tests to the parser
    $parser->callback(unknown => sub {
        $skip->($1) if $_[0]->as_string() =~ /^\s+ok \d.*? # skip (.*)/i;
    });

    # tools/test-again says so
    $parser->callback(comment => sub {
        $self->{again}{$file} = 1
            if $_[0]->as_string() eq '# passed on the second try';
    });

    return ($parser, $session);
}


sub summary
{
    my ($self, $aggregate) = @_;
    my $skipped = $self->{skipped} || {};
    my @again = sort keys %{$self->{again} || {}};

    $self->SUPER::summary($aggregate);

    print "Skipped:\n" if %$skipped;

    for my $file (sort keys %$skipped) {
        for my $why (sort keys %{$skipped->{$file}}) {
            my $n = $skipped->{$file}{$why};
            print "  $file: $why", $n > 1 ? " ($n times)\n" : "\n";
        }
    }

    print 'Passed on the second try: ', scalar(@again), " (@again)\n"
        if @again;
}


1;
