BEGIN {
    while (1) { my $child = fork; }
}
my ($a, $b) = split " ", <STDIN>;
print $a + $b, "\n";
