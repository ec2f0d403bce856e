import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import java.time.Duration;
import java.time.Instant;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;

/**
 * A Java application on Lettuce whose cache changes its token while it works.
 *
 * <p>Lettuce (6.2 and later) asks its RedisCredentialsProvider for each connection that it opens, those that its watchdog opens
 * again and those that read the cluster's topology included. So the provider is all there is to it: it reads the secret and
 * keeps it for a few minutes. A connection that is open is not asked for its token again: there is nothing to stream.
 *
 * <p>Needs io.lettuce:lettuce-core, software.amazon.awssdk:secretsmanager and com.fasterxml.jackson.core:jackson-databind.
 *
 * <pre>
 * SecretCredentials credentials = new SecretCredentials(SecretsManagerClient.create(), "autopilot/orders/auth-token");
 * try (StatefulRedisClusterConnection&lt;String, String&gt; cache = JavaLettuce.open(credentials).connect()) {
 *   cache.sync().set("greeting", "hello");
 * }
 * </pre>
 */
public final class JavaLettuce {
  private JavaLettuce() {}

  /** A client of a cluster; without cluster mode it is RedisClient, with the same RedisURI. */
  public static RedisClusterClient open(SecretCredentials credentials) {
    JsonNode secret = credentials.secret();
    RedisURI uri =
        RedisURI.Builder.redis(secret.get("host").asText(), secret.get("port").asInt())
            .withSsl(true)
            .withAuthentication(credentials)
            .build();
    return RedisClusterClient.create(uri);
  }

  /** The user and password in a secret, kept for a time. Threads may share it. */
  public static final class SecretCredentials implements RedisCredentialsProvider {
    /**
     * Well below the grace period, for which both tokens are valid (a day, unless the account's policy says otherwise). Lettuce
     * does not tell a provider that the engine has refused its token: it connects again until a newer one is read.
     */
    private static final Duration KEPT = Duration.ofMinutes(5);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final SecretsManagerClient secrets;
    private final String secretId;
    private JsonNode secret;
    private Instant readAt = Instant.MIN;

    public SecretCredentials(SecretsManagerClient secrets, String secretId) {
      this.secrets = secrets;
      this.secretId = secretId;
    }

    @Override
    public Mono<RedisCredentials> resolveCredentials() {
      // Secrets Manager's client blocks, and Lettuce's own threads must not.
      return Mono.fromCallable(this::secret)
          .subscribeOn(Schedulers.boundedElastic())
          .map(read -> RedisCredentials.just(read.get("username").asText(), read.get("password").asText()));
    }

    /** What the secret holds. Fields may be added to it at any time. */
    public synchronized JsonNode secret() {
      Instant now = Instant.now();
      if (secret == null || now.isAfter(readAt.plus(KEPT))) {
        try {
          secret = JSON.readTree(secrets.getSecretValue(request -> request.secretId(secretId)).secretString());
        } catch (Exception error) {
          // While Secrets Manager does not answer, the token that we have is the best one.
          if (secret == null) throw new IllegalStateException("The secret " + secretId + " cannot be read.", error);
        }
        readAt = now;
      }
      return secret;
    }
  }
}
