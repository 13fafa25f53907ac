/* @EXPECTED_RESULTS@: WRONG-ANSWER, NO-OUTPUT
   Prints nothing at all. */
int main(void) { return 0; }
