// The system's libcurl, and what of it Swift cannot call: functions with a variable number of arguments.
#ifndef TESSERA_CCURL_SHIM_H
#define TESSERA_CCURL_SHIM_H

#include <curl/curl.h>
#include <string.h>

#if LIBCURL_VERSION_NUM < 0x075500
#error "libcurl 7.85 or newer is required"
#endif

/// A message on its way, and the last line by which the server has refused something (RFC 5321, section 4.2.1).
struct tessera_mail {
    const char *bytes;
    size_t count;
    size_t sent;
    char reply[512];
    size_t reply_count;
};

static inline CURLcode tessera_curl_set_text(CURL *handle, CURLoption option, const char *text) {
    return curl_easy_setopt(handle, option, text);
}

static inline CURLcode tessera_curl_set_number(CURL *handle, CURLoption option, long number) {
    return curl_easy_setopt(handle, option, number);
}

static inline CURLcode tessera_curl_set_recipients(CURL *handle, struct curl_slist *list) {
    return curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, list);
}

static inline CURLcode tessera_curl_set_error_buffer(CURL *handle, char *buffer) {
    return curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
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
static inline CURLcode tessera_curl_set_mail(CURL *handle, struct tessera_mail *mail) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_READFUNCTION, tessera_mail_read);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_READDATA, (void *)mail);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, tessera_mail_reply);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_HEADERDATA, (void *)mail);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    return code;
}

static inline long tessera_curl_response_code(CURL *handle) {
    long code = 0;
    return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code) == CURLE_OK ? code : 0;
}

static inline CURLcode tessera_curl_global_init(void) {
    return curl_global_init(CURL_GLOBAL_DEFAULT);
}

#endif
