package Sandbox::App;

# Copyright (C) the ngx_sandbox authors

# An app that the test itself is: it listens, takes a connection, reads what
# comes, and ends it.

use warnings;
use strict;

use Exporter 'import';
use IO::Select;
use IO::Socket::IP;
use Socket qw/SOL_SOCKET SO_LINGER SOCK_STREAM/;

our @EXPORT = qw/listener accepted read_some read_n gone reset_close echo/;


sub listener
{
    my ($address, $port) = @_;
    return IO::Socket::IP->new(LocalHost => $address, LocalPort => $port,
        Type => SOCK_STREAM, Listen => 128, ReuseAddr => 1, V6Only => 1);
}


sub accepted
{
    my ($app) = @_;
    IO::Select->new($app)->can_read(60) or die "nobody dials\n";
    return scalar $app->accept();
}


sub read_some
{
    my ($sock) = @_;
    return '' if !IO::Select->new($sock)->can_read(60);
    sysread $sock, my $buf, 65_536;
    return $buf // '';
}


sub read_n
{
    my ($sock, $n) = @_;
    my $all = '';
    while (length $all < $n) {
        my $piece = read_some($sock);
        last if $piece eq '';
        $all .= $piece;
    }
    return $all;
}


# the end of a connection, in an order or not

sub gone
{
    my ($sock) = @_;
    return 0 if !IO::Select->new($sock)->can_read(30);
    my $n = sysread $sock, my $buf, 65_536;
    return !$n;
}


sub reset_close
{
    my ($sock) = @_;
    $sock->setsockopt(SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0);
    close $sock;
}


sub echo
{
    my ($sock) = @_;
    my $waiting = '';
    my $end = 0;

    $sock->blocking(0);

    while (!$end || $waiting ne '') {
        my ($r, $w) = (IO::Select->new(), IO::Select->new());
        $r->add($sock) if !$end && length $waiting < 1_048_576;
        $w->add($sock) if $waiting ne '';
        my ($can_read, $can_write) = IO::Select->select($r, $w, undef, 60);
        return if !$can_read;

        if (@$can_read) {
            my $n = sysread $sock, $waiting, 262_144, length $waiting;
            $end = 1 if defined $n && $n == 0;
        }
        if (@$can_write) {
            my $n = syswrite $sock, $waiting;
            substr($waiting, 0, $n, '') if $n;
        }
    }
}


1;
