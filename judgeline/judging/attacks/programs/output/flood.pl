BEGIN {
    print STDERR "x" x 4096, "\n" while 1;
}
