/* A carrier that accepts every submission and remembers nothing: so cheap that what it is measured with is measured.

   sink [--receipts] [--latency MILLISECONDS]

   Prints the port that it listens on. Answers to the submissions of a read go out together, MILLISECONDS later; with
   --receipts each segment's receipt follows its answer, with the user_message_reference that the submission ends with. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SUBMIT = 0x04, DELIVER = 0x05, UNBIND = 0x06, ENQUIRE = 0x15, RESPONSE = (int)0x80000000 };
enum { HEADER = 16, READ = 1 << 18, CONNECTIONS = 64, REFERENCE = 6 };

typedef struct Chunk { /* octets that go out together, not before due */
    struct Chunk *next;
    int64_t due;
    size_t length, sent;
    uint8_t octets[];
} Chunk;

typedef struct {
    int socket;
    size_t held; /* octets of an unfinished PDU */
    uint32_t delivered;
    Chunk *first, *last;
    uint8_t in[READ + 70000];
} Connection;

static int receipts, latency;
static uint64_t numbers;

static int64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static uint32_t u32(const uint8_t *p) { return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }

static uint8_t *header(uint8_t *p, uint32_t length, uint32_t command, uint32_t sequence) {
    uint32_t words[4] = {htonl(length), htonl(command), 0, htonl(sequence)};
    memcpy(p, words, HEADER);
    return p + HEADER;
}

static uint8_t *digits(uint8_t *p, uint64_t number) {
    for (int i = 9; i >= 0; i--, number /= 10) p[i] = '0' + number % 10;
    return p + 10;
}

/* body: from service_type on; it is empty, as we bind without one */
static uint8_t *receipt(uint8_t *p, Connection *c, const uint8_t *body, const uint8_t *end, uint64_t number) {
    const uint8_t *source = body + 3, *destination = source + strlen((const char *)source) + 3;
    uint8_t *start = p;
    p += HEADER;
    *p++ = 0, *p++ = 1, *p++ = 1;
    p = (uint8_t *)stpcpy((char *)p, (const char *)destination) + 1;
    *p++ = 5, *p++ = 0;
    p = (uint8_t *)stpcpy((char *)p, (const char *)source) + 1;
    memcpy(p, "\4\0\0\0\0\0\0\0\0", 9);
    p += 9;
    uint8_t *length = p++, *text = p;
    memcpy(p, "id:", 3);
    p = digits(p + 3, number);
    static const char said[] = " sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:";
    memcpy(p, said, sizeof said - 1);
    p += sizeof said - 1;
    *length = (uint8_t)(p - text);
    memcpy(p, end - REFERENCE, REFERENCE);
    p += REFERENCE;
    header(start, (uint32_t)(p - start), DELIVER, c->delivered = c->delivered % 0x7fffffff + 1);
    return p;
}

static Chunk *answer(Connection *c, size_t length) {
    size_t room = length * (receipts ? 6 : 2) + 64, at = 0;
    Chunk *chunk = malloc(sizeof *chunk + room);
    uint8_t *p = chunk->octets;
    while (length - at >= HEADER) {
        const uint8_t *pdu = c->in + at;
        uint32_t size = u32(pdu), command = u32(pdu + 4), sequence = u32(pdu + 12);
        if (length - at < size) break;
        if (command == SUBMIT) {
            p = digits(header(p, HEADER + 11, SUBMIT | RESPONSE, sequence), ++numbers);
            *p++ = 0;
            if (receipts) p = receipt(p, c, pdu + HEADER, pdu + size, numbers);
        } else if (command == 1 || command == 2 || command == 9) {
            p = (uint8_t *)stpcpy((char *)header(p, HEADER + 5, command | RESPONSE, sequence), "sink") + 1;
        } else if (command == UNBIND || command == ENQUIRE) {
            p = header(p, HEADER, command | RESPONSE, sequence);
        }
        at += size;
    }
    c->held = length - at;
    memmove(c->in, c->in + at, c->held);
    chunk->length = (size_t)(p - chunk->octets);
    chunk->sent = 0;
    chunk->next = NULL;
    chunk->due = now_ms() + latency;
    return chunk;
}

static int take(Connection *c) { /* 0: the other side has closed */
    ssize_t got = read(c->socket, c->in + c->held, READ);
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
    Chunk *chunk = answer(c, c->held + (size_t)got);
    if (!chunk->length) {
        free(chunk);
    } else if (c->last) {
        c->last = c->last->next = chunk;
    } else {
        c->first = c->last = chunk;
    }
    return 1;
}

static int give(Connection *c) {
    while (c->first && c->first->due <= now_ms()) {
        Chunk *chunk = c->first;
        ssize_t sent = write(c->socket, chunk->octets + chunk->sent, chunk->length - chunk->sent);
        if (sent < 0) return errno == EAGAIN || errno == EINTR;
        chunk->sent += (size_t)sent;
        if (chunk->sent < chunk->length) return 1;
        if (!(c->first = chunk->next)) c->last = NULL;
        free(chunk);
    }
    return 1;
}

int main(int count, char **given) {
    for (int i = 1; i < count; i++) {
        if (!strcmp(given[i], "--receipts")) receipts = 1;
        else if (!strcmp(given[i], "--latency") && i + 1 < count) latency = atoi(given[++i]);
    }
    static struct pollfd watched[CONNECTIONS + 1];
    static Connection *of[CONNECTIONS + 1];
    int open = 1, one = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listening, (struct sockaddr *)&at, size) || listen(listening, 16)) return perror("listen"), 1;
    getsockname(listening, (struct sockaddr *)&at, &size);
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    watched[0] = (struct pollfd){.fd = listening, .events = POLLIN};
    for (;;) {
        int wait = -1;
        for (int i = 1; i < open; i++) {
            Chunk *first = of[i]->first;
            int64_t left = first ? first->due - now_ms() : -1;
            watched[i].events = POLLIN | (first && left <= 0 ? POLLOUT : 0);
            if (first && left > 0 && (wait < 0 || left < wait)) wait = (int)left;
        }
        if (poll(watched, (nfds_t)open, wait) < 0 && errno != EINTR) return perror("poll"), 1;
        for (int i = open - 1; i > 0; i--) {
            Connection *c = of[i];
            int alive = !(watched[i].revents & (POLLIN | POLLHUP | POLLERR)) || take(c);
            if (alive && give(c)) continue;
            close(c->socket);
            free(c);
            of[i] = of[--open];
            watched[i] = watched[open];
        }
        if (watched[0].revents & POLLIN && open <= CONNECTIONS) {
            int socket = accept(listening, NULL, NULL);
            setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            fcntl(socket, F_SETFL, O_NONBLOCK);
            of[open] = calloc(1, sizeof(Connection));
            of[open]->socket = socket;
            watched[open++] = (struct pollfd){.fd = socket};
        }
    }
}
