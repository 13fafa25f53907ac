BEGIN {
    my @held;
    while (1) { push @held, "x" x (1 << 20); }
}
my ($a, $b) = split " ", <STDIN>;
print $a + $b, "\n";
