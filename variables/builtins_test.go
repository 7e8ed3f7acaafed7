package variables

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"offscope/jsontree"
)

// fixed is a set of built-ins whose results never change.
func fixed() *Builtins {
	return &Builtins{
		Now:         func() time.Time { return time.Date(2024, 2, 29, 21, 4, 5, 6789, time.FixedZone("", 3600)) },
		Rand:        rand.New(rand.NewPCG(1, 2)),
		Environment: "env", EnvironmentUUID: "env-id",
		Bucket: "bucket", BucketName: "Bucket name",
		TestUUID: "test-id", TestName: "Test name",
		Region: "eu1", Agent: "agent-id",
		Secret:      func(name string) (string, bool) { return "value of " + name, name != "none" },
		IncomingURL: func(token string) (string, bool) { return "http://127.0.0.1:1/" + token, token != "none" },
	}
}

// builtinRows begin with the name of the built-in they are about. A want that begins with ~ is a pattern, one with ! a part
// of the error.
var builtinRows = []struct{ template, want string }{
	{"{{timestamp}}", "1709237045"},
	{"{{ timestamp }}", "1709237045"},
	{"{{timestamp()}}", "!takes no argument, write {{timestamp}}"},
	{"{{utc_datetime}}", "2024-02-29T20:04:05.000006"},

	{"{{format_timestamp({{timestamp}}, YYYY-MM-DD)}}", "2024-02-29"},
	{"{{format_timestamp(1709237045,YY/MM/DD HH:mm:ss)}}", "24/02/29 20:04:05"},
	{"{{format_timestamp(1709237045, hh.mm, ss)}}", "08.04, 05"},
	{"{{format_timestamp(0, YYYYMMDDTHHmmssZ)}}", "19700101T000000Z"},
	{"{{format_timestamp(-1.5, ss)}}", "58"},
	{"{{format_timestamp(1709237045.9, ss)}}", "05"},
	{"{{format_timestamp({{timestamp_offset(3600)}}, HH)}}", "21"},
	{"{{format_timestamp(soon, YYYY)}}", `!format_timestamp: bad argument "soon": expected a Unix time in seconds`},
	{"{{format_timestamp(99999999999999, YYYY)}}", "!expected a Unix time in seconds"},
	{"{{format_timestamp(NaN, YYYY)}}", "!expected a Unix time in seconds"},
	{"{{format_timestamp(5)}}", "!expected a Unix time and a format"},
	{"{{format_timestamp}}", "!Variable 'format_timestamp' was not defined"},

	{"{{timestamp_offset(60)}}", "1709237105"},
	{"{{timestamp_offset( -60 )}}", "1709236985"},
	{"{{timestamp_offset(1m)}}", `!timestamp_offset: bad argument "1m"`},
	{"{{timestamp_offset()}}", "!expected a whole number of seconds"},

	{"{{random_int}}", "14192431797130687760"}, // the first of the seed
	{"{{random_int}}", `~^\d{1,20}$`},
	{"{{random_int(1,6)}}", "~^[1-6]$"},
	{"{{random_int( -3 , -3 )}}", "-3"},
	{"{{random_int({{range}})}}", "~^[12]$"},
	{"{{random_int(-9223372036854775808,9223372036854775807)}}", `~^-?\d+$`},
	{"{{random_int(6,1)}}", `!random_int: bad argument "6,1": the first number must not be above the second`},
	{"{{random_int(6)}}", "!expected two whole numbers"},
	{"{{random_int()}}", "!expected two whole numbers"},
	{"{{random_int(1,x)}}", `!bad argument "x"`},
	{"{{random_int(1,2,3)}}", `!bad argument "2,3"`},

	{"{{random_string(8)}}", "~^[A-Za-z0-9]{8}$"},
	{"{{random_string(1000)}}", "~^[A-Za-z0-9]{1000}$"},
	{"{{random_string(0)}}", ""},
	{"{{random_string(1001)}}", "!expected a length from 0 to 1000"},
	{"{{random_string(-1)}}", "!expected a length from 0 to 1000"},
	{"{{random_string}}", "!Variable 'random_string' was not defined"},

	{"{{uuid}}", "~^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"},
	{"{{uuid()}}", "!takes no argument, write {{uuid}}"},

	{"{{encode_base64({{user}}:{{password}})}}", "bWU6aHVudGVyMiwgZsO8cg=="},
	{"{{encode_base64()}}", ""},
	{"{{encode_base64( a)}}", "IGE="},
	{"{{md5(abc)}}", "900150983cd24fb0d6963f7d28e17f72"},
	{"{{md5({{abc}})}}", "!Variable 'abc' was not defined"},
	{"{{sha1(abc)}}", "a9993e364706816aba3e25717850c26c9cd0d89d"},
	{"{{sha256(abc)}}", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"{{hmac_sha1(what do ya want for nothing?, Jefe)}}", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
	{"{{hmac_sha1(what do ya want for nothing?)}}", "!expected a text and a key"},
	{"{{hmac_sha256(what do ya want for nothing?,Jefe)}}", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	{"{{hmac_sha256(a,b,Jefe)}}", hmacSHA256("a,b", "Jefe")},
	{"{{hmac_sha256(a, {{password}})}}", hmacSHA256("a", "hunter2, für")},
	{"{{hmac_sha256({{padded}},{{padded}})}}", hmacSHA256(" x ", " x ")},
	{"{{url_encode(a b&c=%41.~é)}}", "a%20b%26c%3D%2541.~%C3%A9"},

	{"{{runscope_environment}}", "env"},
	{"{{runscope_environment_uuid}}", "env-id"},
	{"{{runscope_bucket}}", "bucket"},
	{"{{runscope_bucket_name}}", "Bucket name"},
	{"{{runscope_test_uuid}}", "test-id"},
	{"{{runscope_test_name}}", "Test name"},
	{"{{runscope_region}}", "eu1"},
	{"{{runscope_agent}}", "agent-id"},

	{"{{get_secret(key)}}", "value of key"},
	{"{{get_secret( key )}}", "value of key"},
	{"{{get_secret(none)}}", "!Variable 'get_secret(none)' was not defined"},
	{"{{incoming_url(token)}}", "http://127.0.0.1:1/token"},
	{"{{incoming_url( {{user}} )}}", "http://127.0.0.1:1/me"},
	{"{{incoming_url(none)}}", "!Variable 'incoming_url(none)' was not defined (no incoming request step of the test has this token)"},
	{"{{incoming_url}}", "!Variable 'incoming_url' was not defined"},
	{"{{foo(1)}}", "!Variable 'foo(1)' was not defined"},
}

func TestBuiltins(t *testing.T) {
	t.Parallel()
	scope := &Scope{}
	for name, value := range map[string]string{"user": "me", "password": "hunter2, für", "padded": " x ", "range": "1, 2"} {
		scope.Set(name, jsontree.FromString(value), Origin{})
	}
	for _, row := range builtinRows {
		t.Run(row.template, func(t *testing.T) {
			e, err := parse(row.template).Expand(Names{scope, fixed()})
			if wrong := verdict(row.want, e.String(), err); wrong != "" {
				t.Error(wrong)
			}
		})
	}
}

func verdict(want, got string, err error) string {
	part, isError := strings.CutPrefix(want, "!")
	pattern, isPattern := strings.CutPrefix(want, "~")
	switch {
	case isError && (err == nil || !strings.Contains(err.Error(), part)):
		return "got " + got + ", want the error " + part
	case isError:
		return ""
	case err != nil:
		return err.Error()
	case isPattern && !regexp.MustCompile(pattern).MatchString(got), !isPattern && got != want:
		return "got " + got + ", want " + want
	}
	return ""
}

func TestEveryBuiltinHasARow(t *testing.T) {
	t.Parallel()
	for _, name := range BuiltinNames() {
		if !slices.ContainsFunc(builtinRows, func(row struct{ template, want string }) bool {
			return strings.HasPrefix(row.template, "{{"+name+"(") || strings.HasPrefix(row.template, "{{"+name+"}}")
		}) {
			t.Errorf("no row for %s", name)
		}
		if !Supported(name) {
			t.Errorf("%s is not supported", name)
		}
	}
	if Supported("") || Supported("no_such_function") {
		t.Error("what is no built-in is supported")
	}
}

func TestEqualSeedsGiveEqualValues(t *testing.T) {
	t.Parallel()
	const all = "{{uuid}} {{random_int}} {{random_int(1,1000000)}} {{random_string(20)}}"
	first := expand(t, all+all, Names{Builtins: fixed()}).String()
	second := expand(t, all+all, Names{Builtins: fixed()}).String()
	if first != second {
		t.Errorf("%s\n%s", first, second)
	}
	if half := len(first) / 2; first[:36] == first[half:half+36] || strings.Count(first, first[:36]) > 1 {
		t.Errorf("the value is not a new one at each occurrence: %s", first)
	}
}

func TestRandomIntReachesBothBounds(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	b := &Builtins{}
	for range 200 {
		seen[expand(t, "{{random_int(1,3)}}", Names{Builtins: b}).String()] = true
	}
	if len(seen) != 3 || !seen["1"] || !seen["3"] {
		t.Errorf("seen %v", seen)
	}
}

func TestBuiltinsWorkWithoutConfiguration(t *testing.T) {
	t.Parallel()
	e := expand(t, "{{timestamp}}{{uuid}}{{random_int}}{{random_string(4)}}", Names{Builtins: &Builtins{}})
	if len(e.String()) < 10+36+1+4 {
		t.Errorf("got %s", e)
	}
	for _, template := range []string{"{{get_secret(a)}}", "{{incoming_url(a)}}"} {
		if _, err := parse(template).Expand(Names{Builtins: &Builtins{}}); err == nil {
			t.Errorf("%s has a value", template)
		}
	}
}

func TestSeveralKindsOfErrorsAreAllTold(t *testing.T) {
	t.Parallel()
	_, err := parse("{{random_int(x)}} {{a}} {{md5({{b}})}}").Expand(Names{Builtins: &Builtins{}})
	undefined, ok := errors.AsType[*UndefinedError](err)
	bad, ok2 := errors.AsType[*FunctionError](err)
	if !ok || !ok2 || len(undefined.Uses) != 2 || bad.Function != "random_int" || bad.Argument != "x" {
		t.Errorf("got %v", err)
	}
}
