/* VaultConfigProvider: makes up the text for a key from its path and the parameter `prefix`. The keys "absent" and
 * "refused" do not exist and cannot be had; `ttl.ms` says how long the others last. */
#include <stdio.h>

#include <sluice/abi_util.h>

typedef struct vault {
  char prefix[64];
  int64_t ttl_ms;
} vault;

static sluice_status vault_create(const sluice_host* host, void* ctx, const sluice_kv* config, uint32_t count,
                                  void** self, sluice_error* err) {
  (void)host, (void)ctx;
  const sluice_str prefix = sluice_config_get(config, count, "prefix");
  const sluice_str ttl = sluice_config_get(config, count, "ttl.ms");
  if (prefix.data == NULL) return sluice_fail(err, SLUICE_INVALID_CONFIG, "prefix is missing");
  vault* made = (vault*)calloc(1, sizeof *made);
  if (made == NULL) return sluice_fail(err, SLUICE_NO_MEMORY, "out of memory");
  snprintf(made->prefix, sizeof made->prefix, "%.*s", (int)prefix.size, prefix.data);
  made->ttl_ms = -1;
  if (ttl.data != NULL) {
    made->ttl_ms = 0;
    for (uint32_t i = 0; i < ttl.size; ++i) made->ttl_ms = made->ttl_ms * 10 + (ttl.data[i] - '0');
  }
  *self = made;
  return SLUICE_OK;
}

static sluice_status vault_get(void* self, sluice_str path, const sluice_str* keys, uint32_t count,
                               sluice_emit_secret emit, void* ectx, int64_t* ttl_ms, sluice_error* err) {
  const vault* from = (const vault*)self;
  for (uint32_t i = 0; i < count; ++i) {
    if (sluice_str_equal(keys[i], SLUICE_STR("absent"))) continue;
    if (sluice_str_equal(keys[i], SLUICE_STR("refused"))) return sluice_fail(err, SLUICE_FATAL, "the vault is shut");
    char text[256];
    snprintf(text, sizeof text, "%s-%.*s-%.*s", from->prefix, (int)path.size, path.data, (int)keys[i].size,
             keys[i].data);
    emit(ectx, keys[i], sluice_str_of(text));
  }
  emit(ectx, SLUICE_STR("unasked"), SLUICE_STR("nobody wanted this"));
  *ttl_ms = from->ttl_ms;
  return SLUICE_OK;
}

static const sluice_config_provider_vtable kVault = {
    .struct_size = sizeof(sluice_config_provider_vtable), .create = vault_create, .destroy = free, .get = vault_get};
static const sluice_str kVaultAliases[] = {SLUICE_STR_INIT("org.example.VaultConfigProvider")};
static const sluice_component kVaultComponent = {.struct_size = sizeof(sluice_component),
                                                 .kind = SLUICE_KIND_CONFIG_PROVIDER,
                                                 .name = SLUICE_STR_INIT("VaultConfigProvider"),
                                                 .version = SLUICE_STR_INIT("1.0"),
                                                 .summary = SLUICE_STR_INIT("Makes up secrets."),
                                                 .aliases = kVaultAliases,
                                                 .alias_count = 1,
                                                 .config_key_stride = sizeof(sluice_config_key),
                                                 .vtable = &kVault};

SLUICE_C_PLUGIN("vault", "1.0", &kVaultComponent);
