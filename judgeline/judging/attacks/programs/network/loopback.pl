use Socket;
BEGIN {
    if (socket(my $client, PF_INET, SOCK_STREAM, 0)) {
        die "BREACH connected" if connect($client, sockaddr_in(@PORT@, inet_aton("127.0.0.1")));
    }
    if (socket(my $client, PF_UNIX, SOCK_STREAM, 0)) {
        die "BREACH connected" if connect($client, sockaddr_un("\0@SOCKET@"));
    }
}
my ($a, $b) = split " ", <STDIN>;
print $a + $b, "\n";
