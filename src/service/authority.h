/*
 * The authority as configured: its CAs, signers, vendors and profiles, made
 * ready once. What files may change under a running server (trust anchors'
 * CRLs, allow-lists) is an epoch of its own.
 */
#ifndef SERVICE_AUTHORITY_H
#define SERVICE_AUTHORITY_H

#include <pthread.h>
#include <regex.h>

#include "ca/ca.h"
#include "config/config.h"
#include "crypto/keys.h"
#include "crypto/path.h"
#include "profile/profile.h"
#include "service/sealing.h"
#include "store/store.h"

/* An issuing CA and its certificate's way to the operator root. */
struct issuer {
    const struct config_ca *config;
    struct ca *ca;
    struct span certificate;
    const struct span *chain; /* from its issuer up to the operator root */
    size_t num_chain;
};

/* Who signs CMP messages. */
struct signer {
    const struct config_signer *config;
    struct x509_cert certificate;
    enum sig_alg alg;
    const struct span *chain;
    size_t num_chain;
    struct span tail; /* extraCerts of an error: signer and chain, encoded */
};

struct vendor {
    const struct config_vendor *config;
    regex_t pattern;
    bool has_pattern;
};

/* Whose the stations are that enrolled by a secret made for no vendor's. It has
 * no anchors, so no path leads to it; no configured vendor has this name. */
#define VENDOR_OF_SECRETS "secret"

/* Whose the CAs of peer_cas are: each is the station VENDOR_OF_PEERS/name. The
 * same holds of it. */
#define VENDOR_OF_PEERS "peer-ca"

/* A CA that may ask to be certified as one. */
struct peer_ca {
    const struct config_peer_ca *config;
    struct span subject;          /* Name */
    struct ca_peer_limits limits; /* backdate is the profile's */
};

/* What genp tells of things to come (offers.h); absent what there is not. */
struct offers {
    struct span new_root, new_with_old, old_with_new;
    struct x509_cert linked; /* new_with_old */
    struct span encryption_certificate;
    struct x509_cert encryption; /* the same */
    const char *encryption_key;  /* its name; NULL: not here */
};

/* What a certified key is for. */
enum key_purpose {
    PURPOSE_CONFIGURED, /* the profile's key_usage */
    PURPOSE_ENCIPHERMENT,
    PURPOSE_AGREEMENT,
    PURPOSE_NUM
};

/* A profile with everything it needs to answer. */
struct path_profile {
    const struct config_profile *config;
    struct profile profile;
    const struct issuer *issuer;
    const struct signer *signer;
    const struct signer *generator; /* of keys; NULL: none are made */
    struct ca_shape *shapes[PURPOSE_NUM];
    struct span tail;           /* extraCerts of an ip or kup, encoded */
    const struct span *ca_pubs; /* of an ip or kup */
    size_t num_ca_pubs;
    struct offers offers;
};

/* How the certificate of an RA, or of a peer CA, is known. */
struct ra_trust {
    struct trust *trust;
    struct span_list certificates; /* these alone, unless there are none */
};

/* What may change while the server runs, read-only once made. */
struct epoch {
    unsigned users; /* under epoch_lock */
    struct trust *trust;
    /* Of the vendors that profiles of type legacy-2010 serve, and no others. */
    struct trust *legacy_trust;
    struct arena *arena;
    struct allow_list {
        bool is_there;
        const struct span *serials; /* sorted */
        size_t num;
    } * allow;            /* one for each vendor */
    struct ra_trust *ras; /* one for each of the configuration */
    size_t num_ras;
    struct ra_trust *peers; /* the same, of peer_cas */
    size_t num_peers;
    uint64_t files; /* digest of names, sizes and times of its files */
};

struct authority {
    const struct config *config;
    struct crypto *crypto;
    struct keys *keys;
    struct arena *arena; /* holds what follows */
    struct issuer *issuers;
    size_t num_issuers;
    struct signer *signers;
    size_t num_signers;
    /* The last two are VENDOR_OF_SECRETS and VENDOR_OF_PEERS. */
    struct vendor *vendors;
    size_t num_vendors;
    struct peer_ca *peers;   /* as many as peer_cas of the configuration */
    struct sealing *sealing; /* NULL: no shared secrets */
    struct path_profile *profiles;
    size_t num_profiles;
    pthread_mutex_t epoch_lock;
    struct epoch *epoch; /* under epoch_lock */
};

/*
 * Makes the authority of a configuration: reads certificates and keys, checks
 * that each chain leads to its root, that each signer may sign and that all
 * that an ip will carry verifies from just that. `config` and `crypto` outlive
 * it. `keys` comes filled from the configuration (authority_load_keys) and is
 * the caller's.
 * ERR_CONFIG, with the file and what to do.
 */
MUST_USE enum err authority_new(const struct config *config,
                                struct crypto *crypto, struct keys *keys,
                                struct authority **out, struct fault *f);
void authority_free(struct authority *au);
/* The entry of this name, or NULL. */
const struct path_profile *authority_find_profile(const struct authority *au,
                                                  struct span name);
DEFINE_AUTO(authority)

/* Opens every key of the configuration behind the door. */
MUST_USE enum err authority_load_keys(const struct config *config,
                                      struct keys *keys, struct fault *f);

/*
 * The epoch in force, held until epoch_put. It stays usable when another comes
 * meanwhile.
 */
struct epoch *epoch_get(struct authority *au);
void epoch_put(struct authority *au, struct epoch *e);

/*
 * Reads anew what may change, if any of its files did. `changed` tells whether
 * a new epoch is in force. On failure the old one stays: ERR_CONFIG. Called by
 * one thread at a time.
 */
MUST_USE enum err authority_refresh(struct authority *au, bool *changed,
                                    struct fault *f);

/* The CA whose subject this is, or whose entry has this name; NULL: none. */
const struct issuer *authority_find_issuer(const struct authority *au,
                                           struct span subject);
const struct issuer *authority_find_issuer_by_name(const struct authority *au,
                                                   struct span name);

/* The profile's type with what the configuration chooses. ERR_CONFIG: what the
 * type does not allow. */
MUST_USE enum err profile_configure(const struct config_profile *config,
                                    struct profile *p, struct fault *f);

/* Named in the profile, which otherwise serves every vendor. */
bool profile_serves(const struct config_profile *p,
                    const struct config_vendor *vendor);

/* True when the vendor has no allow-list, or the serial is on it. */
bool epoch_allows(const struct epoch *e, size_t vendor, struct span serial);

/* The certificates of a PEM file, in its order, as DER in the arena. */
MUST_USE enum err certificates_load(const char *path, struct arena *a,
                                    const struct span **out, size_t *num,
                                    struct fault *f);

#endif
