package ringmq.compat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Map;
import java.util.TreeMap;

/** The lines between this process and the runner: one JSON object a line out, plain answers in. */
final class Protocol {
    private final BufferedReader in;
    private final PrintStream out;

    Protocol(BufferedReader in, PrintStream out) {
        this.in = in;
        this.out = out;
    }

    void result(boolean passed, String detail) {
        event("result", new TreeMap<>(Map.of("passed", String.valueOf(passed), "detail", detail == null ? "" : detail)));
    }

    void event(String name, Map<String, String> fields) {
        StringBuilder line = new StringBuilder("{\"event\":").append(quote(name));
        fields.forEach((key, value) -> line.append(',').append(quote(key)).append(':').append(quote(value)));
        synchronized (out) {
            out.println(line.append('}'));
        }
    }

    /** Asks the runner for something and waits until it says that it is done. */
    void ask(String action) throws IOException {
        event("ask", Map.of("action", action));
        String answer = in.readLine();
        if (!"done".equals(answer)) {
            throw new IllegalStateException("the runner answered '" + answer + "' to " + action);
        }
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
