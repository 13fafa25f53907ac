import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Arrays;

public class Main {
    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        int count = Integer.parseInt(in.readLine().trim());
        String log = in.readLine();
        int[] first = new int[2 * count + 1];
        Arrays.fill(first, -1);
        int surplus = count;
        int best = 0;
        first[surplus] = 0;
        for (int place = 1; place <= count; place++) {
            surplus += log.charAt(place - 1) == 'B' ? 1 : -1;
            if (first[surplus] < 0) {
                first[surplus] = place;
            } else {
                best = Math.max(best, place - first[surplus]);
            }
        }
        System.out.println(best);
    }
}
