// The system's libcurl: loaded when an SMTP server is set up, because it brings two dozen other libraries along that a node
// without one has no use for. And what of it Swift cannot call: functions with a variable number of arguments.
#ifndef TESSERA_CCURL_SHIM_H
#define TESSERA_CCURL_SHIM_H

#include <curl/curl.h>
#include <dlfcn.h>
#include <string.h>

#if LIBCURL_VERSION_NUM < 0x075500
#error "libcurl 7.85 or newer is required"
#endif

#ifdef __APPLE__
#define TESSERA_LIBCURL "libcurl.4.dylib"
#else
#define TESSERA_LIBCURL "libcurl.so.4"
#endif

/// The functions of libcurl that are used here, of the types that its header gives them.
struct tessera_curl {
    __typeof__(curl_global_init) *global_init;
    __typeof__(curl_version_info) *version_info;
    __typeof__(curl_easy_init) *easy_init;
    __typeof__(curl_easy_cleanup) *easy_cleanup;
    __typeof__(curl_easy_reset) *easy_reset;
    __typeof__(curl_easy_setopt) *easy_setopt;
    __typeof__(curl_easy_getinfo) *easy_getinfo;
    __typeof__(curl_easy_perform) *easy_perform;
    __typeof__(curl_easy_strerror) *easy_strerror;
    __typeof__(curl_slist_append) *slist_append;
    __typeof__(curl_slist_free_all) *slist_free_all;
};

/// Loads libcurl and sets it up; false where it is not there, is older than 7.85, or cannot be set up. It stays loaded.
static inline int tessera_curl_load(struct tessera_curl *curl) {
    void *library = dlopen(TESSERA_LIBCURL, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return 0;
    const char *names[] = {
        "curl_global_init", "curl_version_info", "curl_easy_init", "curl_easy_cleanup", "curl_easy_reset",
        "curl_easy_setopt", "curl_easy_getinfo", "curl_easy_perform", "curl_easy_strerror", "curl_slist_append",
        "curl_slist_free_all",
    };
    // In the order of the members, each of which is one pointer.
    _Static_assert(sizeof names / sizeof *names * sizeof(void *) == sizeof *curl, "a name for every member");
    for (size_t index = 0; index < sizeof names / sizeof *names; index += 1) {
        void *function = dlsym(library, names[index]);
        if (function == NULL) return 0;
        memcpy((char *)curl + index * sizeof function, &function, sizeof function);
    }
    return curl->version_info(CURLVERSION_NOW)->version_num >= 0x075500
        && curl->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

/// A message on its way, and the last line by which the server has refused something (RFC 5321, section 4.2.1).
struct tessera_mail {
    const char *bytes;
    size_t count;
    size_t sent;
    char reply[512];
    size_t reply_count;
};

static inline CURL *tessera_curl_init(const struct tessera_curl *curl) {
    return curl->easy_init();
}

static inline void tessera_curl_cleanup(const struct tessera_curl *curl, CURL *handle) {
    curl->easy_cleanup(handle);
}

static inline void tessera_curl_reset(const struct tessera_curl *curl, CURL *handle) {
    curl->easy_reset(handle);
}

static inline CURLcode tessera_curl_perform(const struct tessera_curl *curl, CURL *handle) {
    return curl->easy_perform(handle);
}

static inline const char *tessera_curl_explanation(const struct tessera_curl *curl, CURLcode code) {
    return curl->easy_strerror(code);
}

static inline struct curl_slist *tessera_curl_list(const struct tessera_curl *curl, const char *text) {
    return curl->slist_append(NULL, text);
}

static inline void tessera_curl_free_list(const struct tessera_curl *curl, struct curl_slist *list) {
    curl->slist_free_all(list);
}

static inline CURLcode tessera_curl_set_text(const struct tessera_curl *curl, CURL *handle, CURLoption option, const char *text) {
    return curl->easy_setopt(handle, option, text);
}

static inline CURLcode tessera_curl_set_number(const struct tessera_curl *curl, CURL *handle, CURLoption option, long number) {
    return curl->easy_setopt(handle, option, number);
}

static inline CURLcode tessera_curl_set_recipients(
    const struct tessera_curl *curl, CURL *handle, struct curl_slist *list
) {
    return curl->easy_setopt(handle, CURLOPT_MAIL_RCPT, list);
}

static inline CURLcode tessera_curl_set_error_buffer(const struct tessera_curl *curl, CURL *handle, char *buffer) {
    return curl->easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}

static inline size_t tessera_mail_read(char *target, size_t size, size_t count, void *context) {
    struct tessera_mail *mail = (struct tessera_mail *)context;
    size_t left = mail->count - mail->sent;
    size_t next = size * count < left ? size * count : left;
    memcpy(target, mail->bytes + mail->sent, next);
    mail->sent += next;
    return next;
}

static inline size_t tessera_mail_reply(char *line, size_t size, size_t count, void *context) {
    struct tessera_mail *mail = (struct tessera_mail *)context;
    size_t length = size * count;
    if (length > 0 && (line[0] == '4' || line[0] == '5')) {
        mail->reply_count = length < sizeof mail->reply ? length : sizeof mail->reply;
        memcpy(mail->reply, line, mail->reply_count);
    }
    return length;
}

/// Has the message read from `mail`, and the server's lines written there. It must outlive the transfer.
static inline CURLcode tessera_curl_set_mail(
    const struct tessera_curl *curl, CURL *handle, struct tessera_mail *mail
) {
    CURLcode code = curl->easy_setopt(handle, CURLOPT_READFUNCTION, tessera_mail_read);
    if (code == CURLE_OK) code = curl->easy_setopt(handle, CURLOPT_READDATA, (void *)mail);
    if (code == CURLE_OK) code = curl->easy_setopt(handle, CURLOPT_HEADERFUNCTION, tessera_mail_reply);
    if (code == CURLE_OK) code = curl->easy_setopt(handle, CURLOPT_HEADERDATA, (void *)mail);
    if (code == CURLE_OK) code = curl->easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    return code;
}

static inline long tessera_curl_response_code(const struct tessera_curl *curl, CURL *handle) {
    long code = 0;
    return curl->easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code) == CURLE_OK ? code : 0;
}

#endif
