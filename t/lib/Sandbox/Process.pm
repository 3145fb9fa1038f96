package Sandbox::Process;

# Copyright (C) the ngx_sandbox authors

# What /proc says of a process.

use warnings;
use strict;

use Exporter 'import';

our @EXPORT_OK = qw/running title children memory/;


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


1;
