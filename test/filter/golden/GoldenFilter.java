import com.alibaba.fastjson2.JSON;
import com.alibaba.fastjson2.JSONArray;
import com.alibaba.fastjson2.JSONObject;
import com.alibaba.fastjson2.JSONWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.rocketmq.filter.FilterFactory;
import org.apache.rocketmq.filter.expression.EvaluationContext;
import org.apache.rocketmq.filter.expression.Expression;

/**
 * Runs Apache's own filter over the expressions and properties of a file and writes down what it said: see README.md beside it.
 * Arguments: the file to read, the file to write.
 */
public final class GoldenFilter {
    private GoldenFilter() {
    }

    public static void main(String[] files) throws Exception {
        JSONArray cases = JSON.parseArray(Files.readString(Path.of(files[0])));
        StringBuilder lines = new StringBuilder("[\n");
        for (int i = 0; i < cases.size(); i++) {
            JSONObject one = cases.getJSONObject(i);
            one.remove("error");
            one.remove("outcomes");
            judge(one);
            lines.append(JSON.toJSONString(one, JSONWriter.Feature.WriteMapNullValue)).append(i + 1 < cases.size() ? ",\n" : "\n");
        }
        Files.writeString(Path.of(files[1]), lines.append("]\n").toString());
    }

    private static void judge(JSONObject one) {
        Expression expression;
        try {
            expression = FilterFactory.INSTANCE.get("SQL92").compile(one.getString("expression"));
        } catch (Throwable refusal) {
            one.put("error", refusal.getMessage().lines().findFirst().orElse(""));
            one.remove("properties");
            return;
        }
        JSONArray outcomes = new JSONArray();
        for (Object properties : one.getJSONArray("properties")) {
            outcomes.add(outcome(expression, (JSONObject) properties));
        }
        one.put("outcomes", outcomes);
    }

    private static Object outcome(Expression expression, JSONObject properties) {
        try {
            return expression.evaluate(new EvaluationContext() {
                @Override
                public Object get(String name) {
                    return properties.getString(name);
                }

                @Override
                public Map<String, Object> keyValues() {
                    return properties;
                }
            });
        } catch (Throwable failure) {
            return "throws " + failure.getClass().getSimpleName();
        }
    }
}
