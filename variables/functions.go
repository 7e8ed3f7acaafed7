package variables

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

func (b *Builtins) now() time.Time {
	if b.Now != nil {
		return b.Now()
	}
	return time.Now()
}

func (b *Builtins) uint64() uint64 {
	if b.Rand != nil {
		return b.Rand.Uint64()
	}
	return rand.Uint64()
}

// uint64N returns a value below n.
func (b *Builtins) uint64N(n uint64) uint64 {
	if b.Rand != nil {
		return b.Rand.Uint64N(n)
	}
	return rand.Uint64N(n)
}

func (b *Builtins) timestamp() string {
	return strconv.FormatInt(b.now().Unix(), 10)
}

// utcDatetime has microseconds and no zone, as in the vendor's example 2013-11-07T19:24:41.418968.
func (b *Builtins) utcDatetime() string {
	return b.now().UTC().Format("2006-01-02T15:04:05.000000")
}

// Years outside of 0 to 9999 have no four digits.
const (
	minUnix = -62167219200
	maxUnix = 253402300799
)

func (b *Builtins) formatTimestamp(args []string) (string, error) {
	if len(args) != 2 {
		return "", &FunctionError{Expected: "expected a Unix time and a format, as in {{format_timestamp({{timestamp}}, YYYY-MM-DD)}}"}
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(args[0]), 64)
	if err != nil || seconds < minUnix || seconds > maxUnix || math.IsNaN(seconds) {
		return "", &FunctionError{Argument: args[0], Expected: "expected a Unix time in seconds"}
	}
	return formatTime(time.Unix(int64(math.Floor(seconds)), 0).UTC(), args[1]), nil
}

// timeTokens are the vendor's, the longer before the shorter.
var timeTokens = []struct{ token, layout string }{
	{"YYYY", "2006"}, {"YY", "06"}, {"MM", "01"}, {"DD", "02"}, {"HH", "15"}, {"hh", "03"}, {"mm", "04"}, {"ss", "05"},
}

// formatTime replaces the tokens and keeps everything else.
func formatTime(t time.Time, format string) string {
	var out strings.Builder
next:
	for format != "" {
		for _, k := range timeTokens {
			if rest, ok := strings.CutPrefix(format, k.token); ok {
				out.WriteString(t.Format(k.layout))
				format = rest
				continue next
			}
		}
		out.WriteByte(format[0])
		format = format[1:]
	}
	return out.String()
}

func (b *Builtins) timestampOffset(args []string) (string, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(args[0]), 10, 64)
	if err != nil || n < -maxUnix || n > maxUnix {
		return "", &FunctionError{Argument: args[0], Expected: "expected a whole number of seconds, such as 3600 or -60"}
	}
	return strconv.FormatInt(b.now().Unix()+n, 10), nil
}

// randomUint64 spans 0 to 18446744073709551615, which is more than scripts can hold in a number.
func (b *Builtins) randomUint64() string {
	return strconv.FormatUint(b.uint64(), 10)
}

func (b *Builtins) randomInt(args []string) (string, error) {
	if len(args) != 2 {
		return "", &FunctionError{Argument: args[0], Expected: "expected two whole numbers, as in {{random_int(1,6)}}"}
	}
	var bounds [2]int64
	for i, text := range args {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return "", &FunctionError{Argument: text, Expected: "expected a whole number of at most 64 bits"}
		}
		bounds[i] = n
	}
	low, high := bounds[0], bounds[1]
	if low > high {
		return "", &FunctionError{Argument: args[0] + "," + args[1], Expected: "the first number must not be above the second"}
	}
	count := uint64(high) - uint64(low) + 1 // wraps to 0 when every int64 is meant
	if count == 0 {
		return strconv.FormatInt(int64(b.uint64()), 10), nil
	}
	return strconv.FormatInt(int64(uint64(low)+b.uint64N(count)), 10), nil
}

const (
	alphanumeric    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	maxRandomString = 1000 // vendor documentation: dynamic data
)

func (b *Builtins) randomString(args []string) (string, error) {
	n, err := strconv.Atoi(strings.TrimSpace(args[0]))
	if err != nil || n < 0 || n > maxRandomString {
		return "", &FunctionError{Argument: args[0], Expected: fmt.Sprintf("expected a length from 0 to %d", maxRandomString)}
	}
	out := make([]byte, n)
	for i := range out {
		out[i] = alphanumeric[b.uint64N(uint64(len(alphanumeric)))]
	}
	return string(out), nil
}

// uuid returns a random (version 4) UUID.
func (b *Builtins) uuid() string {
	high := b.uint64()&^0xF000 | 0x4000
	low := b.uint64()&^(0b11<<62) | 0b10<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", high>>32, high>>16&0xFFFF, high&0xFFFF, low>>48, low&0xFFFFFFFFFFFF)
}

func (b *Builtins) getSecret(args []string) (string, error) {
	if b.Secret == nil {
		return "", ErrUnknown
	}
	value, ok := b.Secret(args[0])
	if !ok {
		return "", ErrUnknown
	}
	return value, nil
}

func (b *Builtins) incomingURL(args []string) (string, error) {
	if b.IncomingURL != nil {
		if url, ok := b.IncomingURL(args[0]); ok {
			return url, nil
		}
	}
	return "", unknownError{why: "no incoming request step of the test has this token"}
}

func pure(f func(string) string) func(*Builtins, []string) (string, error) {
	return func(_ *Builtins, args []string) (string, error) { return f(args[0]), nil }
}

func pure2(f func(value, key string) string) func(*Builtins, []string) (string, error) {
	return func(_ *Builtins, args []string) (string, error) {
		if len(args) != 2 {
			return "", &FunctionError{Expected: "expected a text and a key, divided by a comma"}
		}
		return f(args[0], args[1]), nil
	}
}

func encodeBase64(v string) string { return base64.StdEncoding.EncodeToString([]byte(v)) }

func hashMD5(v string) string {
	sum := md5.Sum([]byte(v))
	return hex.EncodeToString(sum[:])
}

func hashSHA1(v string) string {
	sum := sha1.Sum([]byte(v))
	return hex.EncodeToString(sum[:])
}

func hashSHA256(v string) string {
	sum := sha256.Sum256([]byte(v))
	return hex.EncodeToString(sum[:])
}

func hmacSHA1(v, key string) string   { return keyed(sha1.New, v, key) }
func hmacSHA256(v, key string) string { return keyed(sha256.New, v, key) }

func keyed(h func() hash.Hash, v, key string) string {
	mac := hmac.New(h, []byte(key))
	mac.Write([]byte(v))
	return hex.EncodeToString(mac.Sum(nil))
}
