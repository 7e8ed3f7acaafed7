package scim

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// sampleView is the resource that the filter tests match against.
func sampleView(t testing.TB) view {
	s := newTestServer(Options{Empty: true})
	k := s.kinds[0]
	body, err := decodeObject([]byte(`{"userName":"Rosa.Lind@example.com","externalId":"Ext-7","title":"Pilot","nickName":"",
		"name":{"givenName":"Rosa","familyName":"Lind"},"active":true,"roles":[],
		"emails":[{"type":"work","value":"rosa@work.example","primary":true},{"type":"home","value":"rosa@home.example"}],
		"` + urnEnterprise + `":{"department":"Air","manager":{"displayName":"Bo"}},
		"urn:example:1.0:Ship":{"draught":4.50,"Crew":{"count":12},"docked":false}}`))
	if err != nil {
		t.Fatal(err)
	}
	attrs, err := k.accept(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.store.insert(k, attrs)
	if err != nil {
		t.Fatal(err)
	}
	return view{s.store, r}
}

func TestFilterMatches(t *testing.T) {
	t.Parallel()
	v := sampleView(t)
	tests := []struct {
		filter string
		want   bool
	}{
		{`userName eq "rosa.lind@EXAMPLE.com"`, true},
		{`USERNAME EQ "Rosa.Lind@example.com"`, true},
		{`userName eq "rosa"`, false},
		{`userName ne "rosa"`, true},
		{`userName co "LIND"`, true},
		{`userName sw "rosa."`, true},
		{`userName sw "osa."`, false},
		{`userName ew ".COM"`, true},
		{`userName gt "q"`, true},
		{`userName lt "q"`, false},
		{`userName ge "rosa.lind@example.com"`, true},
		{`userName le "rosa.lind@example.com"`, true},
		{`externalId eq "Ext-7"`, true},
		{`externalId eq "ext-7"`, false},
		{`id eq "id-1"`, true},
		{`active eq true`, true},
		{`active eq false`, false},
		{`active ne false`, true},
		{`title pr`, true},
		{`nickName pr`, false},
		{`displayName pr`, false},
		{`roles pr`, false},
		{`displayName eq null`, true},
		{`title ne null`, true},
		{`displayName ne "x"`, true},
		{`nonsense eq "x"`, false},
		{`nonsense[type eq "x"]`, false},
		{`name.familyName eq "lind"`, true},
		{`NAME.FAMILYNAME pr`, true},
		{`name.middleName pr`, false},
		{`name pr`, true},
		{`emails co "home.example"`, true},
		{`emails.value eq "rosa@home.example"`, true},
		{`emails.type eq "other"`, false},
		{`emails.primary eq true`, true},
		{`emails[type eq "work" and value co "@work"]`, true},
		{`emails[type eq "home" and value co "@work"]`, false},
		{`Emails[TYPE eq "home" and not (primary eq true)]`, true},
		{`emails[type pr] and title eq "pilot"`, true},
		{`title eq "x" or title eq "pilot"`, true},
		{`title eq "x" and title eq "y" or active eq true`, true},
		{`title eq "x" and (title eq "y" or active eq true)`, false},
		{`not (title eq "pilot")`, false},
		{`not(title eq "pilot") or not (title eq "x")`, true},
		{`((active eq true))`, true},
		{`schemas eq "` + urnEnterprise + `"`, true},
		{`schemas eq "urn:x"`, false},
		{`meta.resourceType eq "User"`, true},
		{`meta.lastModified ge "2026-03-01T12:00:00Z"`, true},
		{`meta.lastModified gt "2026-03-01T13:00:00+01:00"`, false},
		{`meta.created eq "2026-03-01T13:00:00+01:00"`, true},
		{urnUser + `:userName sw "rosa"`, true},
		{urnEnterprise + `:department eq "air"`, true},
		{urnEnterpriseV1 + `:department eq "air"`, true},
		{strings.ToUpper(urnEnterprise) + `:manager.displayName eq "bo"`, true},
		{urnEnterprise + ` pr`, true},
		{`urn:example:1.0:Ship:draught eq 4.5`, true},
		{`urn:example:1.0:Ship:draught gt 4`, true},
		{`urn:example:1.0:Ship:draught lt 4`, false},
		{`urn:example:1.0:Ship:crew.COUNT ge 12`, true},
		{`urn:example:1.0:Ship:docked eq false`, true},
		{`urn:example:1.0:Ship:docked eq "false"`, false},
		{`title eq "p\u0069lot"`, true},
		{`title eq "a \"b\" ) c"`, false},
	}
	for _, tt := range tests {
		e, err := bindFilter(v, tt.filter)
		if err != nil {
			t.Errorf("%s: %v", tt.filter, err)
			continue
		}
		if got := e.match(v); got != tt.want {
			t.Errorf("%s matches: %v, want %v", tt.filter, got, tt.want)
		}
	}
}

func bindFilter(v view, text string) (expr, error) {
	e, err := parseFilter(text)
	if err != nil {
		return nil, err
	}
	return e, e.bind(v.r.kind)
}

func TestFilterIsRefused(t *testing.T) {
	t.Parallel()
	v := sampleView(t)
	tests := []struct{ filter, want string }{
		{``, `character 1: expected an attribute, found the end`},
		{`ROSA@EXAMPLE.COM`, `character 1: expected an attribute, found "ROSA@EXAMPLE.COM"`},
		{`userName`, `character 9: expected an operator (eq ne co sw ew pr gt ge lt le) after userName, found the end`},
		{`userName is "x"`, `character 10: expected an operator`},
		{`userName eq`, `found the end`},
		{`userName eq x`, `character 13: expected a value`},
		{`userName eq 'x'`, `double quotes`},
		{`userName eq "x`, `no closing double quote`},
		{`userName eq "\x"`, `expected a value`},
		{`userName eq "x" y`, `expected "and", "or" or the end, found "y"`},
		{`userName eq "x" and`, `expected an attribute, found the end`},
		{`(userName eq "x"`, `expected ")", found the end`},
		{`userName eq "x")`, `found ")"`},
		{`emails[type eq "x"`, `expected "]"`},
		{`emails[a[b eq "x"]]`, `inside another`},
		{`emails[]`, `expected an attribute, found "]"`},
		{`not userName eq "x"`, `after not, found "userName"`},
		{`user Name eq "x"`, `found "Name"`},
		{`name. eq "x"`, `expected an attribute`},
		{`a.b.c eq "x"`, `expected an attribute`},
		{`userName eq 5`, `userName is text`},
		{`active eq "true"`, `active is boolean`},
		{`active gt true`, `active is boolean`},
		{`title gt null`, `null can only be compared`},
		{`name eq "x"`, `name is complex`},
		{`meta.created gt "yesterday"`, `not a date and time`},
		{`userName[x eq "y"]`, `no sub-attributes`},
		{strings.Repeat("(", 1000) + `title pr` + strings.Repeat(")", 1000), `nested more than 64 deep`},
	}
	for _, tt := range tests {
		_, err := bindFilter(v, tt.filter)
		var p *problem
		if !errors.As(err, &p) || p.status != 400 || p.scimType != invalidFilter {
			t.Errorf("%s: %v is not an invalidFilter problem", shorten(tt.filter), err)
			continue
		}
		if !strings.Contains(p.detail, tt.want) {
			t.Errorf("%s: message %q lacks %q", shorten(tt.filter), p.detail, tt.want)
		}
	}
}

// TestFilterFindsTheSameWithAnIndex: an index is a short cut, never another answer.
func TestFilterFindsTheSameWithAnIndex(t *testing.T) {
	t.Parallel()
	s := newTestServer(Options{Empty: true})
	k := s.kinds[0]
	for _, name := range []string{"a@x", "b@x", "c@x", "d@x"} {
		attrs := map[string]any{"userName": name, "title": "T", "active": name != "c@x"}
		if name != "d@x" {
			attrs["externalId"] = "same"
		}
		if _, err := s.store.insert(k, attrs); err != nil {
			t.Fatal(err)
		}
	}
	for _, filter := range []string{`userName eq "B@X"`, `userName eq ""`, `externalId eq "same"`, `externalId eq "SAME"`, `id eq "id-3"`, `id eq "9"`,
		`externalId eq "same" and active eq true`, `active eq true and externalId eq "same"`, `userName eq "a@x" or userName eq "d@x"`,
		`not (userName eq "a@x")`, `externalId eq null`, `externalId eq ""`, `urn:x:y:userName eq "a@x"`} {
		e, err := parseFilter(filter)
		if err == nil {
			err = e.bind(k)
		}
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, r := range s.store.collections[k].order {
			if e.match(view{s.store, r}) {
				want = append(want, r.id)
			}
		}
		var got []string
		for _, r := range s.store.search(k, e) {
			got = append(got, r.id)
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s finds %v, a scan finds %v", filter, got, want)
		}
	}
}

// FuzzFilter: a filter never crashes; printing what was parsed and parsing that again changes nothing; and "not"
// negates.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{`userName eq "a"`, `emails[type eq "work" and not (value co "x")] or a.b pr`, `(a gt 1e5 or b eq null) and c ne true`,
		urnEnterprise + `:manager.displayName sw "\u00e9\""`, urnEnterprise + ` pr`, `not (a pr)`, `a eq "`, `((((`, `$ref eq "x"`} {
		f.Add(seed)
	}
	v := sampleView(f)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parseFilter(text)
		if err != nil {
			return
		}
		printed := e.String()
		again, err := parseFilter(printed)
		if err != nil || again.String() != printed {
			t.Fatalf("%q prints as %q, which parses to %v, %v", text, printed, again, err)
		}
		if e.bind(v.r.kind) != nil {
			return
		}
		if (&negation{e}).match(v) == e.match(v) {
			t.Fatalf("%q equals its negation", text)
		}
	})
}

func BenchmarkFilterScan(b *testing.B) {
	s := NewServer(Options{Empty: true, Clock: func() time.Time { return time.Unix(0, 0) }})
	for range 10_000 {
		if _, err := s.store.insert(s.kinds[0], map[string]any{"userName": randomUUID(), "title": "Pilot"}); err != nil {
			b.Fatal(err)
		}
	}
	e, err := parseFilter(`title eq "captain"`)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if len(s.store.search(s.kinds[0], e)) != 0 {
			b.Fatal("found one")
		}
	}
}
