// Kafka's own generated classes as the oracle of our codec.
//
//   generate [FIXTURES] < API names   fixtures for every version of these APIs, but those that FIXTURES already has
//   encode NAME VERSION < JSON        the bytes of a message, in hexadecimal
//   decode NAME VERSION < HEX         a message as JSON
//
// NAME is a message's name as in Kafka's schemas: ProduceRequest, FetchResponse, RequestHeader. JSON is what Kafka's
// JsonConverter classes read and write. A fixture is one line: name, version, hexadecimal bytes, JSON, between tabs.
// Values are made from the schemas in the jar, by a generator seeded with name, version and variant: the same release
// gives the same fixtures on every machine.

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Readable;

public class Oracle {
    static final ObjectMapper JSON = new ObjectMapper().configure(JsonParser.Feature.ALLOW_COMMENTS, true);
    static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** What the values of a fixture are like. */
    enum Variant { DEFAULTS, NULLS, VALUES, MORE_VALUES }

    public static void main(String[] args) throws Exception {
        switch (args.length == 0 ? "" : args[0]) {
            case "generate" -> {
                Set<String> known = new HashSet<>();
                if (args.length > 1) {
                    for (String line : Files.readAllLines(Path.of(args[1]))) {
                        String[] columns = line.split("\t");
                        known.add(columns[0] + " " + columns[1]);
                    }
                }
                for (String api : new String(System.in.readAllBytes(), StandardCharsets.UTF_8).split("\\s+")) {
                    for (String name : api.endsWith("Header") ? new String[] {api} : new String[] {api + "Request", api + "Response"}) {
                        generate(name, known);
                    }
                }
            }
            case "encode" -> System.out.println(
                HexFormat.of().formatHex(encode(args[1], Short.parseShort(args[2]), JSON.readTree(System.in))));
            case "decode" -> System.out.println(decode(args[1], Short.parseShort(args[2]),
                HexFormat.of().parseHex(new String(System.in.readAllBytes(), StandardCharsets.UTF_8).strip())));
            default -> {
                System.err.println("usage: Oracle generate [FIXTURES] | encode NAME VERSION | decode NAME VERSION");
                System.exit(2);
            }
        }
    }

    static byte[] encode(String name, short version, JsonNode json) throws Exception {
        Message message = (Message) converter(name).getMethod("read", JsonNode.class, short.class).invoke(null, json, version);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer bytes = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(bytes), cache, version);
        return bytes.array();
    }

    static JsonNode decode(String name, short version, byte[] bytes) throws Exception {
        Class<?> data = Class.forName("org.apache.kafka.common.message." + data(name));
        Object message = data.getConstructor(Readable.class, short.class).newInstance(new ByteBufferAccessor(ByteBuffer.wrap(bytes)), version);
        return (JsonNode) converter(name).getMethod("write", data, short.class).invoke(null, message, version);
    }

    static Class<?> converter(String name) throws ClassNotFoundException {
        return Class.forName("org.apache.kafka.common.message." + data(name) + "JsonConverter");
    }

    static String data(String name) {
        return name + "Data";
    }

    static void generate(String name, Set<String> known) throws Exception {
        JsonNode schema;
        try (InputStream in = Oracle.class.getResourceAsStream("/common/message/" + name + ".json")) {
            if (in == null) return; // this release does not have it
            schema = JSON.readTree(in);
        }
        Map<String, JsonNode> structs = new HashMap<>();
        for (JsonNode struct : schema.path("commonStructs")) structs.put(struct.get("name").asText(), struct.get("fields"));
        int[] valid = versions(schema.get("validVersions").asText());
        for (int version = valid[0]; version <= valid[1]; version++) {
            if (known.contains(name + " " + version)) continue;
            for (Variant variant : Variant.values()) {
                Random random = new Random((name + version + variant).hashCode());
                byte[] bytes = encode(name, (short) version, structure(schema.get("fields"), structs, version, variant, random));
                JsonNode json = decode(name, (short) version, bytes);
                System.out.println(name + "\t" + version + "\t" + HexFormat.of().formatHex(bytes) + "\t" + json);
            }
        }
    }

    /** First and last of a range as schemas spell it; an empty range for «none». */
    static int[] versions(String text) {
        if (text.equals("none") || text.isEmpty()) return new int[] {1, 0};
        if (text.endsWith("+")) return new int[] {Integer.parseInt(text.substring(0, text.length() - 1)), Short.MAX_VALUE};
        String[] ends = text.split("-");
        return new int[] {Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])};
    }

    static boolean in(JsonNode field, String range, int version) {
        int[] ends = versions(field.path(range).asText());
        return version >= ends[0] && version <= ends[1];
    }

    static ObjectNode structure(JsonNode fields, Map<String, JsonNode> structs, int version, Variant variant, Random random) {
        ObjectNode node = NODES.objectNode();
        for (JsonNode field : fields) {
            if (!in(field, "versions", version)) continue;
            boolean tagged = in(field, "taggedVersions", version);
            if (tagged && (variant == Variant.DEFAULTS || variant == Variant.NULLS)) continue;
            String name = field.get("name").asText();
            node.set(Character.toLowerCase(name.charAt(0)) + name.substring(1), value(field, structs, version, variant, random));
        }
        return node;
    }

    static JsonNode value(JsonNode field, Map<String, JsonNode> structs, int version, Variant variant, Random random) {
        boolean nullable = in(field, "nullableVersions", version);
        boolean isNull = switch (variant) {
            case DEFAULTS -> field.path("default").asText().equals("null");
            case NULLS -> true;
            case VALUES -> false;
            case MORE_VALUES -> random.nextInt(4) == 0;
        };
        if (nullable && isNull) return NODES.nullNode();
        String type = field.get("type").asText();
        if (!type.startsWith("[]")) return single(type, field, structs, version, variant, random);
        ArrayNode array = NODES.arrayNode();
        int count = variant == Variant.DEFAULTS ? 0 : variant == Variant.VALUES ? 1 : 2;
        for (int i = 0; i < count; i++) array.add(single(type.substring(2), field, structs, version, variant, random));
        return array;
    }

    static JsonNode single(String type, JsonNode field, Map<String, JsonNode> structs, int version, Variant variant, Random random) {
        boolean defaults = variant == Variant.DEFAULTS;
        return switch (type) {
            case "bool" -> NODES.booleanNode(defaults ? field.path("default").asBoolean() : random.nextBoolean());
            case "int8" -> NODES.numberNode((byte) number(field, defaults, random, Byte.MIN_VALUE, Byte.MAX_VALUE));
            case "int16" -> NODES.numberNode((short) number(field, defaults, random, Short.MIN_VALUE, Short.MAX_VALUE));
            case "uint16" -> NODES.numberNode((int) number(field, defaults, random, 0, 65535));
            case "int32" -> NODES.numberNode((int) number(field, defaults, random, Integer.MIN_VALUE, Integer.MAX_VALUE));
            case "uint32" -> NODES.numberNode(number(field, defaults, random, 0, 4294967295L));
            case "int64" -> NODES.numberNode(number(field, defaults, random, Long.MIN_VALUE, Long.MAX_VALUE));
            case "float64" -> NODES.numberNode(defaults ? 0.0 : random.nextDouble());
            case "string" -> NODES.textNode(defaults ? field.path("default").asText().replace("null", "") : text(random));
            case "uuid" -> NODES.textNode((defaults ? Uuid.ZERO_UUID : new Uuid(random.nextLong(), random.nextLong())).toString());
            case "bytes", "records" -> NODES.binaryNode(defaults ? new byte[0] : text(random).getBytes(StandardCharsets.UTF_8));
            default -> structure(structs.getOrDefault(type, field.path("fields")), structs, version, variant, random);
        };
    }

    static long number(JsonNode field, boolean defaults, Random random, long smallest, long largest) {
        if (defaults) {
            String text = field.path("default").asText();
            return text.isEmpty() ? 0 : Long.decode(text);
        }
        return switch (random.nextInt(6)) {
            case 0 -> smallest;
            case 1 -> largest;
            case 2 -> Math.max(smallest, -1);
            default -> smallest == Long.MIN_VALUE ? random.nextLong() : smallest + (random.nextLong() & Long.MAX_VALUE) % (largest - smallest + 1);
        };
    }

    static String text(Random random) {
        // Lengths about 127 are where a compact length takes its second byte.
        int length = random.nextInt(16) == 0 ? 125 + random.nextInt(5) : 1 + random.nextInt(6);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) text.append((char) (length > 9 ? 'x' : random.nextInt(12) == 0 ? 0x3b1 + random.nextInt(24) : 'a' + random.nextInt(26)));
        return text.toString();
    }
}
