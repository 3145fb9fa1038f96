package Sandbox::Tar;

# Copyright (C) the ngx_sandbox authors

# Tar archives, header by header, as strict clients look at them.

use warnings;
use strict;


# the headers of an archive: [{type, name, link, size, mode, pax, offset}]; dies
# where a number is no plain octal one

sub members
{
    my ($tar) = @_;
    my (@members, $pax);
    my $pos = 0;

    while (1) {
        die "no end of the archive\n" if $pos + 512 > length $tar;
        my $block = substr $tar, $pos, 512;
        last if $block eq "\0" x 512;

        my %m;
        @m{qw/name mode uid gid size mtime sum type link magic/}
            = unpack 'Z100 a8 a8 a8 a12 a12 a8 a1 Z100 a8', $block;
        die "not ustar: $m{magic}\n" if $m{magic} ne "ustar\00000";

        for my $n (qw/mode uid gid size mtime sum/) {
            $m{$n} =~ /^([0-7]+)[ \0]*$/ or die "$m{name}: $n is no octal\n";
            $m{$n} = oct $1;
        }

        substr($block, 148, 8) = ' ' x 8;
        die "$m{name}: wrong checksum\n" if unpack('%32C*', $block) != $m{sum};

        $m{offset} = $pos + 512;
        my $data = substr $tar, $pos + 512, $m{size};
        $pos += 512 + 512 * int(($m{size} + 511) / 512);

        if ($m{type} eq 'x') {
            die "two pax headers\n" if $pax;
            $pax = records($data);
            next;
        }

        if ($pax) {
            $m{pax} = $pax;
            $m{name} = $pax->{path} // $pax->{'GNU.sparse.name'} // $m{name};
            $m{link} = $pax->{linkpath} // $m{link};
            undef $pax;
        }

        $m{data} = $data if length $data < 100_000;
        push @members, \%m;
    }

    die "something follows the end\n" if substr($tar, $pos) =~ /[^\0]/;
    die "no two blocks of zeros end it\n" if length($tar) - $pos != 1024;

    return \@members;
}


sub records
{
    my ($data) = @_;
    my %pax;

    while (length $data) {
        $data =~ /^(\d+) / or die "no pax record\n";
        my $record = substr $data, 0, $1, '';
        $record =~ /^\d+ ([^=]+)=(.*)\n\z/s or die "no pax record\n";
        die "pax $1 twice\n" if exists $pax{$1};
        $pax{$1} = $2;
    }

    return \%pax;
}


# what strict clients refuse: a list of complaints

sub refused
{
    my ($tar) = @_;
    my (%seen, @bad);
    my $members = eval { members($tar) };

    return $@ if !$members;

    for my $m (@$members) {
        my $name = $m->{name} =~ s{/$}{}r;
        push @bad, "$name: type $m->{type}" if $m->{type} !~ /^[025]$/;
        push @bad, "$name: twice" if $seen{$name};
        push @bad, "$name: where it begins" if $name !~ m{^\.(?:/|$)};
        push @bad, "$name: pax $_"
            for grep { !/^(?:path|linkpath|hdrcharset|uid|gid)$/ }
                keys %{$m->{pax} || {}};

        (my $dir = $name) =~ s{/[^/]*$}{};
        push @bad, "$name: not below a directory"
            if $name ne '.' && ($seen{$dir} // '') ne '5';
        $seen{$name} = $m->{type};
    }

    return @bad;
}


# a header block and the padded data, for archives as nobody should write them

sub block
{
    my (%o) = @_;
    my $data = $o{data} // '';
    my $size = $o{size} // length $data;
    my $octal = sub { length $_[0] == $_[1] ? $_[0]
        : sprintf '%0*o', $_[1] - 1, $_[0] };

    my $block = pack 'a100 a8 a8 a8 a12 a12 A8 a1 a100 a8 a32 a32 a8 a8 a155',
        $o{name}, $octal->($o{mode} // 0644, 8), $octal->($o{uid} // 0, 8),
        $octal->($o{gid} // 0, 8), $octal->($size, 12),
        $octal->($o{mtime} // 1_000_000_000, 12), '', $o{type} // '0',
        $o{link} // '', $o{magic} // "ustar\00000", '', '', '0000000', '0000000',
        $o{prefix} // '';
    $block .= "\0" x (512 - length $block);
    substr($block, $_, length $o{at}{$_}) = $o{at}{$_}
        for keys %{$o{at} || {}};
    substr($block, 148, 8) = sprintf "%06o\0 ", unpack '%32C*', $block;

    return $block . $data . "\0" x (-length($data) % 512);
}


# a pax header of these records

sub pax
{
    my (@records) = @_;
    my $data = '';

    while (my ($name, $value) = splice @records, 0, 2) {
        my $len = length(" $name=$value\n");
        my $n = $len + 1;
        $n = $len + length $n while length("$n $name=$value\n") != $n;
        $data .= "$n $name=$value\n";
    }

    return block(name => 'pax', type => 'x', data => $data);
}


sub end { return "\0" x 1024 }


1;
