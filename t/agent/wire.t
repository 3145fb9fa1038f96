#!/usr/bin/perl

# Copyright (C) the ngx_sandbox authors
# needs: agent

# The packets that docs/wire.md shows: the agent takes those to it, and sends
# the others.

use warnings;
use strict;

use File::Basename;
use JSON::PP;
use Test::More;

use lib dirname(__FILE__) . '/../lib';

use Sandbox::Box;
use Sandbox::Reply;
use Sandbox::Snippet;

alarm 120;

# the harness adds the descriptors that are sent, and "last"
my $boot = Sandbox::Snippet::take('docs/wire.md', '{"v":1, "id"');
$boot =~ s/\s+/ /g;
ok($boot =~ s/, "sockets":\["agent","control","8080"\], "last":true\} \z//,
    'boot: the descriptors');

my $box = Sandbox::Box->new(packet => $boot, ports => [8080]);
shown('{"v":1, "build"', $box->{booted}, 'the answer to boot');
is($box->output('echo $K $__VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS'),
    'V .preview.example.com', 'boot: its members apply');

my $tether = $box->tether();
my $hello = $box->packet($tether);
is_deeply($hello->{listening}, [], 'hello: nothing listens yet');
$hello->{listening} = [8080, 5173];
shown('{"event":"hello"', $hello, 'hello');

$box->tell("send $tether {\"op\":\"status\",\"seq\":1}");
# what the kernel does not tell here is left out
my %unknown = (memory => 0, pids => 0, cpu_ms => 0);
shown('{"seq":N', { %unknown, %{$box->packet($tether)} },
    'the answer to status');

Sandbox::Snippet::none_left('t/agent/wire.t');

done_testing();


sub shown
{
    my ($begin, $packet, $name) = @_;
    my $text = Sandbox::Snippet::take('docs/wire.md', $begin);

    $text =~ s/"seq":N/"seq":1/;
    $text =~ s/"<version string>"/"\xe2\x80\xa6"/;
    is(Sandbox::Reply::difference($text, encode_json($packet)), '', $name);
}
