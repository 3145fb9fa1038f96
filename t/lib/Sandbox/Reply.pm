package Sandbox::Reply;

# Copyright (C) the ngx_sandbox authors

# Compares what a document shows with what a command has printed:
#
# - "…" stands for anything that is left out: a part of a text, members of an
#   object, elements of an array; on a line of its own, lines.
# - JSON may be broken into lines as its reader likes.
# - Times, random names and tokens, and numbers that are measured differ from
#   run to run: they must only look alike.

use warnings;
use strict;
use utf8;

use Encode ();
use JSON::PP ();

# members with a number that is measured
my %MEASURED = map { $_ => 1 } qw/pid ms duration cpuTime peakMemory memory
    pids usedBytes sizeBytes sleepsIn started_ms sleeps_in_ms cpu_ms/;

my $json = JSON::PP->new->allow_nonref;


# '' if they agree, or else what differs; both are bytes

sub difference
{
    my ($shown, $printed) = map { Encode::decode('UTF-8', $_) } @_;

    my $want = eval { values_of($shown) };
    my $have = eval { values_of($printed) };
    return 'JSON was expected, and not printed' if $want && !$have;
    return lines_differ($shown, $printed) if !$want;

    return differ('', ['array', $want], ['array', $have]);
}


# ---- lines

sub lines_differ
{
    my ($shown, $printed) = @_;
    my @want = split /\n/, $shown;
    my @have = split /\n/, $printed;

    while (@want) {
        my $line = shift @want;
        if ($line eq '…') {
            return '' if !@want;
            shift @have while @have && line_differs($want[0], $have[0]);
            next;
        }
        return "\"$line\" is missing at the end" if !@have;
        my $why = line_differs($line, shift @have);
        return $why if $why;
    }

    return @have ? "more is printed: \"$have[0]\"" : '';
}


# a line, perhaps with a word before its JSON, as in "data: {...}"

sub line_differs
{
    my ($shown, $printed) = @_;
    my ($word, $rest) = $shown =~ /^(\w+: )?([\{\[].*)$/;

    if (defined $rest) {
        $word //= '';
        return "\"$word\" is missing: \"$printed\""
            if index($printed, $word) != 0;
        my $want = eval { values_of($rest) };
        my $have = eval { values_of(substr $printed, length $word) };
        return differ('', ['array', $want], ['array', $have])
            if $want && $have;
    }

    return text_differs('', $shown, $printed);
}


sub text_differs
{
    my ($where, $want, $have) = @_;
    my $like = join '.*?', map { quotemeta } split /…/, alike($want), -1;

    return alike($have) =~ /^$like$/s ? ''
        : "$where\"$want\" was expected, not \"$have\"";
}


# what differs from run to run, replaced by its kind

sub alike
{
    my ($text) = @_;

    $text =~ s/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d+))?Z\b/
        '<time with ' . length($1 \/\/ '') . ' decimals>'/ge;
    $text =~ s{\[\d\d/\w{3}/\d{4}:[^\]]+\]}{[<time>]}g;
    $text =~ s/ \d+ \d+\.\d{3} / <size> <seconds> /g;
    $text =~ s/\bwait=\d+\.\d{3}\b/wait=<seconds>/g;
    $text =~ s/\b\d+ \w{3} +\d+ \d\d:\d\d\b/<size and date>/g;
    $text =~ s/\bUp [\w ]+/<uptime>/g;
    $text =~ s/\b\d{10,}\b/<milliseconds or more>/g;
    $text =~ s/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/<uuid>/g;
    $text =~ s/(\b\d{4,5}-[a-z0-9-]+?-)[a-z0-9]{16}\b/$1<token>/g;
    $text =~ s/\b[a-z2-7]{26}\b/<random>/g;
    $text =~ s/\b[a-z0-9]{16}\b/<token>/g;
    $text =~ s/\bterm_[0-9a-f]+\b/<terminal>/g;
    $text =~ s/\b\d+(?:\.\d+)? ?ms\b/<time>/g;

    return $text;
}


# ---- JSON, which may have "…" where members, elements or a value would be

# of a text with one value after another; dies if it is anything else

sub values_of
{
    my ($text) = @_;
    my @values;

    while ($text !~ /\G\s*\z/gc) {
        $text =~ /\G\s*(?=[\{\["])/gc or die "no JSON\n";
        push @values, value(\$text);
    }

    die "no JSON\n" if !@values;
    return \@values;
}


# [kind, contents]: an object is a hash, which may have a member "…"

sub value
{
    my ($text) = @_;

    return ['any'] if $$text =~ /\G\s*…/gc;
    return ['string', $json->decode($1)]
        if $$text =~ /\G\s*("(?:[^"\\]|\\.)*")/gc;
    return ['number', $1] if $$text =~ /\G\s*(-?\d[\d.eE+-]*)/gc;
    return ['word', $1] if $$text =~ /\G\s*(true|false|null)\b/gc;
    return ['object', { members($text, '}') }] if $$text =~ /\G\s*\{/gc;
    return ['array', [members($text, ']')]] if $$text =~ /\G\s*\[/gc;

    die "no JSON\n";
}


sub members
{
    my ($text, $end) = @_;
    my @list;

    while ($$text !~ /\G\s*\Q$end\E/gc) {
        $$text =~ /\G\s*,/gc or die "no JSON\n" if @list;

        if ($end eq '}') {
            if ($$text =~ /\G\s*…/gc) {
                push @list, '…', ['any'];
                next;
            }
            $$text =~ /\G\s*("(?:[^"\\]|\\.)*")\s*:/gc or die "no JSON\n";
            push @list, $json->decode($1);
        }
        push @list, value($text);
    }

    return @list;
}


sub differ
{
    my ($where, $want, $have) = @_;
    my ($kind, $value) = @$want;

    return '' if $kind eq 'any';
    return "$where is no $kind" if $kind ne $have->[0];
    return objects_differ($where, $value, $have->[1]) if $kind eq 'object';
    return arrays_differ($where, $value, $have->[1]) if $kind eq 'array';
    return text_differs("$where: ", $value, $have->[1]) if $kind eq 'string';
    return '' if $kind eq 'number' && $where =~ /(\w+)$/ && $MEASURED{$1};

    return alike($value) eq alike($have->[1]) ? ''
        : "$where is $have->[1], not $value";
}


sub objects_differ
{
    my ($where, $want, $have) = @_;

    for (sort keys %$want) {
        next if $_ eq '…';
        return "$where lacks \"$_\"" if !exists $have->{$_};
        my $why = differ("$where.$_", $want->{$_}, $have->{$_});
        return $why if $why;
    }

    return '' if exists $want->{'…'};

    for (sort keys %$have) {
        return "$where has \"$_\", which is not shown"
            if !exists $want->{$_};
    }

    return '';
}


sub arrays_differ
{
    my ($where, $want, $have) = @_;
    my @want = @$want;
    my @have = @$have;
    my $any = 0;

    for my $i (0 .. $#want) {
        if ($want[$i][0] eq 'any') {
            $any = 1;
            next;
        }

        # elements may be left out before it
        shift @have while $any && @have > 1
            && differ('', $want[$i], $have[0]);
        $any = 0;

        return "$where has too few elements" if !@have;
        my $why = differ("$where\[$i]", $want[$i], shift @have);
        return $why if $why;
    }

    return @have && !$any ? "$where has more elements than are shown" : '';
}


1;
