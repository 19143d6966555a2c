package ringmq.compat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Runs cases named on standard input, one line each: {@code NAME key=value …}. Prints one JSON line a result on standard output, and
 * one JSON line for each thing it asks of the runner ({@link Scope#ask}), answered by a line on standard input. One JVM runs the
 * whole column of the matrix.
 */
public final class Driver {
    private static final Map<String, Case> CASES = new TreeMap<>();

    static {
        SendCases.register(CASES);
        PushCases.register(CASES);
        StartCases.register(CASES);
        PullCases.register(CASES);
        ContentCases.register(CASES);
        LimitCases.register(CASES);
        RestartCases.register(CASES);
        RetentionCases.register(CASES);
        AdminCases.register(CASES);
        TransactionCases.register(CASES);
        DelayCases.register(CASES);
        RetryCases.register(CASES);
        FilterCases.register(CASES);
        OrderCases.register(CASES);
        ReplyCases.register(CASES);
        ResetCases.register(CASES);
        ConsumerCases.register(CASES);
        ReplicationCases.register(CASES);
        ActingMasterCases.register(CASES);
        QueryCases.register(CASES);
        HandoverCases.register(CASES);
    }

    private Driver() {
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err); // the client libraries' own chatter must not mix with the protocol
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Protocol protocol = new Protocol(in, out);
        protocol.event("ready", Map.of("cases", String.join(" ", CASES.keySet())));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            runLine(line.trim(), protocol);
        }
        System.exit(0); // client threads that did not stop must not keep the container
    }

    private static void runLine(String line, Protocol protocol) {
        String[] words = line.split(" ");
        Map<String, String> parameters = new HashMap<>();
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            parameters.put(words[i].substring(0, equals), words[i].substring(equals + 1));
        }
        Case found = CASES.get(words[0]);
        if (found == null) {
            protocol.result(false, "the Java driver has no case " + words[0]);
            return;
        }
        try (Scope scope = new Scope(parameters, protocol)) {
            protocol.result(true, found.run(scope));
        } catch (Throwable failure) {
            failure.printStackTrace();
            protocol.result(false, describe(failure));
        }
    }

    private static String describe(Throwable failure) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            text.append(text.length() == 0 ? "" : " <- ").append(cause.getClass().getSimpleName()).append(": ").append(cause.getMessage());
        }
        for (StackTraceElement frame : failure.getStackTrace()) {
            if (frame.getClassName().startsWith("ringmq.compat.") && !frame.getClassName().endsWith("Scope")) {
                return text.append(" (").append(frame.getFileName()).append(':').append(frame.getLineNumber()).append(')').toString();
            }
        }
        return text.toString();
    }
}
