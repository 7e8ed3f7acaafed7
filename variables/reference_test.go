package variables

import (
	"strings"
	"testing"

	"offscope/jsontree"
	"offscope/source"
)

// referenceValues are the user variables of the rows below.
var referenceValues = map[string]Value{
	"SCIM Base URL":       jsontree.FromString("http://localhost:8080/scim/v2"),
	"SCIMBaseURL":         jsontree.FromString("http://localhost:8080/scim/v2"),
	"EntitlementEndpoint": jsontree.FromString("/Roles"),
	"username":            jsontree.FromString("me"),
	"password":            jsontree.FromString("a,b"),
	"n":                   jsontree.FromNumber("5"),
	"text":                jsontree.FromString(`say "hi"`),
	"loop":                jsontree.FromString("{{n}}"),
	"list":                jsontree.NewArray(jsontree.FromNumber("1.0"), jsontree.FromString("x")),
	"yes":                 jsontree.FromBool(true),
	" padded ":            jsontree.FromString("exact"),
	"padded":              jsontree.FromString("trimmed"),
	"runscope_region":     jsontree.FromString("mine"),
	"comma":               jsontree.FromString("1, 2"),
}

// referenceRows are the rows of the reference that a template can show: section and row, template, what it becomes. A want
// that begins with ~ is a pattern, one with ! a part of the error.
var referenceRows = []struct{ name, template, want string }{
	{"3.1 name with spaces", "{{SCIM Base URL}}/Users", "http://localhost:8080/scim/v2/Users"},
	{"3.1 names are case sensitive", "{{scim base url}}", "!Variable 'scim base url' was not defined"},
	{"3.1 no quotes are added in a string", `{"name": "{{username}}"}`, `{"name": "me"}`},
	{"3.1 no quotes are added around a number", `{ "limit": {{n}} }`, `{ "limit": 5 }`},
	{"3.1 nothing is escaped in a body", `{"name": "{{text}}"}`, `{"name": "say "hi""}`},
	{"3.1 adjacent templates", "{{SCIMBaseURL}}{{EntitlementEndpoint}}?count=1", "http://localhost:8080/scim/v2/Roles?count=1"},
	{"3.1 stray closing braces", "/Users/{{n}}}}", "/Users/5}}"},
	{"3.2 a user variable hides a built-in", "{{runscope_region}}", "mine"},
	{"3.5 undefined variable", "{{missing}}", "!Variable 'missing' was not defined"},
	{"3.5 every undefined variable is told", "{{missing}} {{gone}}", "!Variable 'missing' was not defined; Variable 'gone' was not defined"},

	{"3.8 timestamp", "{{timestamp}}", "1709237045"},
	{"3.8 utc_datetime", "{{utc_datetime}}", "2024-02-29T20:04:05.000006"},
	{"3.8 format_timestamp", "{{format_timestamp({{timestamp}}, YYYY-YY-MM-DD HH/hh:mm:ss)}}", "2024-24-02-29 20/08:04:05"},
	{"3.8 timestamp_offset", "{{timestamp_offset(60)}}", "1709237105"},
	{"3.8 timestamp_offset negative", "{{timestamp_offset(-60)}}", "1709236985"},
	{"3.8 random_int", "{{random_int}}", `~^[0-9]{1,20}$`},
	{"3.8 random_int(a,b)", "{{random_int(2,6)}}", "~^[2-6]$"},
	{"3.8 random_string", "{{random_string(1000)}}", "~^[A-Za-z0-9]{1000}$"},
	{"3.8 random_string too long", "{{random_string(1001)}}", "!random_string: bad argument"},
	{"3.8 uuid", "{{uuid}}", "~^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
	{"3.8 encode_base64", "{{encode_base64({{username}}:{{password}})}}", "bWU6YSxi"},
	{"3.8 md5", "{{md5(abc)}}", "900150983cd24fb0d6963f7d28e17f72"},
	{"3.8 sha1", "{{sha1(abc)}}", "a9993e364706816aba3e25717850c26c9cd0d89d"},
	{"3.8 sha256", "{{sha256(abc)}}", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"3.8 hmac_sha1", "{{hmac_sha1(what do ya want for nothing?,Jefe)}}", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
	{"3.8 hmac_sha256", "{{hmac_sha256(what do ya want for nothing?,Jefe)}}", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	{"3.8 url_encode", "{{url_encode(a b%.)}}", "a%20b%25."},
	{"3.8 runscope_environment", "{{runscope_environment}}", "env"},
	{"3.8 runscope_environment_uuid", "{{runscope_environment_uuid}}", "env-id"},
	{"3.8 runscope_bucket", "{{runscope_bucket}}", "bucket"},
	{"3.8 runscope_bucket_name", "{{runscope_bucket_name}}", "Bucket name"},
	{"3.8 runscope_test_uuid", "{{runscope_test_uuid}}", "test-id"},
	{"3.8 runscope_test_name", "{{runscope_test_name}}", "Test name"},
	{"3.8 runscope_region", "{{ runscope_region }}", "mine"},
	{"3.8 runscope_agent", "{{runscope_agent}}", "agent-id"},
	{"3.8 get_secret", "{{get_secret(key)}}", "value of key"},
	{"3.8 incoming_url", "{{incoming_url(token)}}", "http://127.0.0.1:1/token"},
	{"3.8 templates nest as arguments", "{{md5({{encode_base64({{username}})}})}}", hashMD5("bWU=")},
	{"3.8 a bare word is text", "{{md5(username)}}", hashMD5("username")},

	{"Q2 undefined in a target or condition", "expected {{missing}}", "!Variable 'missing' was not defined"},
	{"Q3 the exact text first", "{{ padded }}", "exact"},
	{"Q3 then trimmed", "{{  padded  }}", "trimmed"},
	{"Q4 unmatched opening braces", "a {{ b", "a {{ b"},
	{"Q4 unmatched closing braces", "a }} b", "a }} b"},
	{"Q4 no escape", `\{{n}}`, `\5`},
	{"Q5 unknown function", "{{foo(1)}}", "!Variable 'foo(1)' was not defined"},
	{"Q6 values are not scanned again", "{{loop}}", "{{n}}"},
	{"Q6 nor those of arguments", "{{url_encode({{loop}})}}", "%7B%7Bn%7D%7D"},
	{"Q8 hmac at the last comma", "{{hmac_sha256(a,b,key)}}", hmacSHA256("a,b", "key")},
	{"Q8 a comma in a value does not count", "{{hmac_sha1(x,{{password}})}}", hmacSHA1("x", "a,b")},
	{"Q8 format_timestamp at the first comma", "{{format_timestamp(0,YYYY, MM)}}", "1970, 01"},
	{"Q8 random_int at the first comma", "{{random_int(1,2,3)}}", `!bad argument "2,3"`},
	{"Q8 random_int with a comma from a value", "{{random_int({{comma}})}}", "~^[12]$"},
	{"Q8 spaces are trimmed", "{{random_int( 3 , 3 )}}", "3"},
	{"Q11 a number in a template", "{{n}}", "5"},
	{"Q11 true in a template", "{{yes}}", "true"},
	{"Q11 a list in a template", "{{list}}", `[1.0,"x"]`},
	{"Q42 unknown secret", "{{get_secret(none)}}", "!Variable 'get_secret(none)' was not defined"},
	{"Q43 format_timestamp is in UTC", "{{format_timestamp(1709237045, HH)}}", "20"},
	{"Q44 unreserved characters stay", "{{url_encode(AZaz09-_.~)}}", "AZaz09-_.~"},
	{"Q44 all else is encoded", "{{url_encode(:/?#[]@!$&'()*+,;=\" é)}}", "%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%22%20%C3%A9"},
}

func TestReference(t *testing.T) {
	t.Parallel()
	scope := &Scope{}
	for name, value := range referenceValues {
		scope.Set(name, value, Origin{})
	}
	for _, row := range referenceRows {
		t.Run(row.name, func(t *testing.T) {
			e, err := parse(row.template).Expand(Names{scope, fixed()})
			if wrong := verdict(row.want, e.String(), err); wrong != "" {
				t.Errorf("%s: %s", row.template, wrong)
			}
		})
	}
}

func TestReferenceHasEveryBuiltin(t *testing.T) {
	t.Parallel()
	rows := map[string]bool{}
	for _, row := range referenceRows {
		rows[row.name] = true
	}
	for _, name := range BuiltinNames() {
		if !rows["3.8 "+name] {
			t.Errorf("no row for %s", name)
		}
	}
}

// Each kind of the order at the start of a run wins over the one before it, whichever is given first.
func TestReferenceOrder(t *testing.T) {
	t.Parallel()
	// Between the test environment and the scripts stand the ways that take the place of the trigger URL here.
	order := []Kind{
		SharedEnvironment, TestEnvironment, DataRow, VariableFile, ProcessEnvironment, Flag, SharedInitialScript, InitialScript,
	}
	for i, kind := range order[1:] {
		before := order[i]
		t.Run("3.3 "+before.String()+" < "+kind.String(), func(t *testing.T) {
			lower, higher := given("v", "lower", before), given("v", "higher", kind)
			for _, both := range [][]Initial{{lower, higher}, {higher, lower}} {
				s, problems := Resolve(both, nil, nil)
				v, _ := s.Get("v")
				origin, _ := s.Origin("v")
				if Text(v) != "higher" || origin.Kind != kind || problems != nil {
					t.Errorf("%s from %s, %v", Text(v), origin, problems)
				}
			}
		})
	}
}

func TestReferenceInitialVariables(t *testing.T) {
	t.Parallel()
	t.Run("3.3 a built-in is evaluated once", func(t *testing.T) {
		s, _ := Resolve([]Initial{given("id", "{{uuid}}", Flag), given("copy", "{{id}}", Flag)}, &Builtins{}, nil)
		e := expand(t, "{{id}} {{id}} {{copy}}", Names{Scope: s, Builtins: &Builtins{}})
		if id, rest, _ := strings.Cut(e.String(), " "); rest != id+" "+id || len(id) != 36 {
			t.Errorf("got %s", e)
		}
	})
	t.Run("3.8 a fresh value at every occurrence", func(t *testing.T) {
		e := expand(t, "{{uuid}} {{uuid}}", Names{Builtins: &Builtins{}})
		if first, second, _ := strings.Cut(e.String(), " "); first == second {
			t.Errorf("got %s", e)
		}
	})
	t.Run("Q7 initial variables refer to each other", func(t *testing.T) {
		s, problems := Resolve([]Initial{
			given("url", "{{base}}/Users", TestEnvironment), given("base", "http://{{host}}", SharedEnvironment), given("host", "h", Flag),
		}, nil, nil)
		if v, _ := s.Get("url"); Text(v) != "http://h/Users" || problems != nil {
			t.Errorf("got %s, %v", Text(v), problems)
		}
	})
	t.Run("Q7 a circle is reported", func(t *testing.T) {
		_, problems := Resolve([]Initial{given("a", "{{b}}", Flag), given("b", "{{a}}", Flag)}, nil, nil)
		want := "a:1:1: initial variables refer to each other in a circle: a → b → a"
		if problems.Error() != want || problems[0].Severity != source.Error {
			t.Errorf("got %v, want %s", problems, want)
		}
	})
	t.Run("Q7 an overridden circle is none", func(t *testing.T) {
		for _, by := range []Initial{given("a", "1", Flag), given("b", "1", Flag)} {
			s, problems := Resolve([]Initial{
				by, given("a", "{{b}}", SharedEnvironment), given("b", "{{c}}", TestEnvironment), given("c", "{{a}}", VariableFile),
			}, nil, nil)
			if v, _ := s.Get("c"); Text(v) != "1" || problems != nil {
				t.Errorf("got %s, %v", resolved(s), problems)
			}
		}
	})
	t.Run("Q7 an overridden self-reference is none", func(t *testing.T) {
		s, problems := Resolve([]Initial{given("a", "{{a}}", SharedEnvironment), given("a", "1", Flag)}, nil, nil)
		if got := resolved(s); got != "a=1" || problems != nil {
			t.Errorf("got %s, %v", got, problems)
		}
	})
	t.Run("Q7 an undefined one fails on use", func(t *testing.T) {
		s, problems := Resolve([]Initial{given("a", "{{missing}}", Flag)}, nil, nil)
		_, err := parse("{{a}}").Expand(Names{Scope: s})
		if err == nil || len(problems) != 1 || problems[0].Severity != source.Warning {
			t.Errorf("got %v, %v", err, problems)
		}
	})
	t.Run("Q7 one that nobody needs does no harm", func(t *testing.T) {
		s, _ := Resolve([]Initial{given("a", "{{missing}}", Flag), given("b", "1", Flag)}, nil, nil)
		if got := expand(t, "{{b}}", Names{Scope: s}).String(); got != "1" {
			t.Errorf("got %s", got)
		}
	})
}

func TestReferenceScope(t *testing.T) {
	t.Parallel()
	s := &Scope{}
	s.Set("n", jsontree.FromNumber("5"), Origin{Kind: Script})
	t.Run("Q10 an undefined name has no value", func(t *testing.T) {
		if v, ok := s.Get("missing"); ok || v != nil {
			t.Errorf("got %v", v)
		}
	})
	t.Run("Q11 values keep their type", func(t *testing.T) {
		if v, ok := s.Get("n"); !ok || v.Kind != jsontree.Number {
			t.Errorf("got %v", v)
		}
	})
}

func TestReferenceURL(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, url, want string }{
		{"3.1 surplus braces are encoded", "/Users/5}}", "/Users/5%7D%7D"},
		{"Q45 %XX stays", "/a%20b%2F", "/a%20b%2F"},
		{"Q45 spaces and quotes", `/Users?filter=userName eq "me"`, "/Users?filter=userName%20eq%20%22me%22"},
		{"Q45 reserved characters stay", "/a?b=c&d=e+f,g@h:i/j?k", "/a?b=c&d=e+f,g@h:i/j?k"},
		{"Q45 a value from a variable is encoded the same way", `/Users?filter="a+b@c.d e"`, "/Users?filter=%22a+b@c.d%20e%22"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := EncodeURL(row.url); got != row.want {
				t.Errorf("%s became %s, want %s", row.url, got, row.want)
			}
		})
	}
}
