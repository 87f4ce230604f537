// The system's OpenSSL 3, and the few macros of it that Swift cannot import.
#ifndef TESSERA_COPENSSL_SHIM_H
#define TESSERA_COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

#if OPENSSL_VERSION_MAJOR < 3
#error "OpenSSL 3 or newer is required"
#endif

/// What a key is made of, as EVP_PKEY_fromdata wants it said.
static const int TESSERA_KEYPAIR = EVP_PKEY_KEYPAIR;
static const int TESSERA_PUBLIC_KEY = EVP_PKEY_PUBLIC_KEY;

/// Memory for a secret. Free it with tessera_secret_free, which overwrites it first.
static inline void *tessera_secret_allocate(size_t count) {
    return OPENSSL_zalloc(count);
}

static inline void tessera_secret_free(void *memory, size_t count) {
    OPENSSL_clear_free(memory, count);
}

/// Answers a question for a passphrase with "there is none", so that reading an encrypted PEM file fails
/// and never asks on the terminal.
static inline int tessera_no_passphrase(char *buffer, int size, int writing, void *context) {
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static inline EVP_PKEY *tessera_read_private_pem(BIO *bio) {
    return PEM_read_bio_PrivateKey(bio, NULL, tessera_no_passphrase, NULL);
}

static inline EVP_PKEY *tessera_read_public_pem(BIO *bio) {
    return PEM_read_bio_PUBKEY(bio, NULL, tessera_no_passphrase, NULL);
}

#endif
