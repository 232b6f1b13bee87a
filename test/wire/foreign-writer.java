// Writes to Kafka as other clients may: any bytes, no key, headers without a value, every compression, transactions.
// Run as a source file: java -cp <jars of Kafka> foreign-writer.java BROKERS < orders. An order is a line of words:
//   set NAME VALUE                                                            a setting of the producers that follow
//   send PRODUCER TOPIC PARTITION KEY VALUE [NAME=HEADER ...]                 PRODUCER is a compression, or the name of a transaction
//   zeros PRODUCER TOPIC PARTITION BYTES                                      a value of so many zeros
//   flush PRODUCER | begin NAME | commit NAME | abort NAME
// KEY, VALUE and HEADER are "-" for none, or ":" and base64.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

class ForeignWriter {
  static final Set<String> COMPRESSIONS = Set.of("none", "gzip", "snappy", "lz4", "zstd");
  static final Properties settings = new Properties();
  static final Map<String, KafkaProducer<byte[], byte[]>> producers = new HashMap<>();
  static final List<Future<RecordMetadata>> sent = new ArrayList<>();

  static KafkaProducer<byte[], byte[]> producer(String name) {
    return producers.computeIfAbsent(name, ignored -> {
      Properties own = new Properties();
      own.putAll(settings);
      own.put("linger.ms", "200");
      own.put("max.request.size", "200000000");
      own.put("buffer.memory", "200000000");
      if (COMPRESSIONS.contains(name)) {
        own.put("compression.type", name);
      } else {
        own.put("transactional.id", name);
      }
      KafkaProducer<byte[], byte[]> made = new KafkaProducer<>(own, new ByteArraySerializer(), new ByteArraySerializer());
      if (!COMPRESSIONS.contains(name)) made.initTransactions();
      return made;
    });
  }

  static byte[] bytes(String word) {
    return word.equals("-") ? null : Base64.getDecoder().decode(word.substring(1));
  }

  static void send(String[] words) {
    ProducerRecord<byte[], byte[]> message =
        new ProducerRecord<>(words[2], Integer.parseInt(words[3]), bytes(words[4]), bytes(words[5]));
    for (int n = 6; n < words.length; n++) {
      int at = words[n].indexOf('=');
      message.headers().add(words[n].substring(0, at), bytes(words[n].substring(at + 1)));
    }
    sent.add(producer(words[1]).send(message));
  }

  static void carryOut(String[] words) {
    switch (words[0]) {
      case "set" -> settings.put(words[1], String.join(" ", Arrays.copyOfRange(words, 2, words.length)));
      case "send" -> send(words);
      case "zeros" -> sent.add(
          producer(words[1]).send(
              new ProducerRecord<>(words[2], Integer.parseInt(words[3]), null, new byte[Integer.parseInt(words[4])])));
      case "flush" -> producer(words[1]).flush();
      case "begin" -> producer(words[1]).beginTransaction();
      case "commit" -> producer(words[1]).commitTransaction();
      case "abort" -> {
        producer(words[1]).flush();
        producer(words[1]).abortTransaction();
      }
      default -> throw new IllegalArgumentException("no such order: " + words[0]);
    }
  }

  public static void main(String[] arguments) throws Exception {
    settings.put("bootstrap.servers", arguments[0]);
    BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
    for (String line = orders.readLine(); line != null; line = orders.readLine()) {
      if (!line.isBlank()) carryOut(line.trim().split(" +"));
    }
    for (KafkaProducer<byte[], byte[]> producer : producers.values()) producer.close();
    for (Future<RecordMetadata> one : sent) one.get();
    System.out.println("written " + sent.size());
  }
}
