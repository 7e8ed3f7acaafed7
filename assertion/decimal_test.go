package assertion

import (
	"math/big"
	"strings"
	"testing"
	"time"
)

func TestIsNumber(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0", "-0", "+5", "1.", ".5", "1.50", "1e3", "1E+3", "-1.5e-30", " 7\n", "007", "1e99999999999999"} {
		if !isNumber(text) {
			t.Errorf("%q is a number", text)
		}
	}
	for _, text := range []string{
		"", " ", ".", "-", "+", "e5", "1e", "1e+", "1e1.5", "--1", "+-1", "1 2", "1,5", "1_000", "0x10", "NaN", "Infinity", "inf", "１",
		"1..2", "1.-2", "- 1", "true", "1\u00a0",
	} {
		if isNumber(text) {
			t.Errorf("%q is no number", text)
		}
	}
}

func TestPlainIsHowANumberIsCastToAString(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1.0": "1", "1.50": "1.5", "1e3": "1000", "-0": "0", "0.0": "0", "-12.30e1": "-123", "0.000001": "0.000001", "1e-6": "0.000001",
		"1e20": "100000000000000000000", "12345678901234567890.10": "12345678901234567890.1", "0.05": "0.05", "1e-7": "", "1e22": "", "1e999": "",
	} {
		d, ok := parseDecimal(text)
		if !ok {
			t.Fatalf("%s is not read", text)
		}
		if got, _ := d.plain(); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

func TestNumbersAreComparedExactlyAndQuickly(t *testing.T) {
	t.Parallel()
	start := time.Now()
	for _, row := range []struct {
		a, b string
		want int
	}{
		{"9007199254740993", "9007199254740992", 1},
		{"0.1", "0.10000000000000000001", -1},
		{"1e400", "1E+0400", 0},
		{"1e400", "10e399", 0},
		{"1e999999999", "1e999999998", 1},
		{"-1e999999999", "1e-999999999", -1},
		{"1e-999999999", "0", 1},
		{"-0", "0", 0},
		{"-2", "-10", 1},
		{"100", "99.999", 1},
		{"0.09", "0.1", -1},
		{"1" + strings.Repeat("0", 100_000), "1e100000", 0},
	} {
		a, aok := parseDecimal(row.a)
		b, bok := parseDecimal(row.b)
		if !aok || !bok || a.compare(b) != row.want || b.compare(a) != -row.want {
			t.Errorf("%.30s and %.30s: %d", row.a, row.b, a.compare(b))
		}
	}
	if _, ok := parseDecimal("1e99999999999999999999"); ok {
		t.Error("an exponent of that size cannot be compared")
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("took %v", took)
	}
}

// The law: decimals compare as rational numbers do, and the plain form is the same number.
func FuzzDecimal(f *testing.F) {
	for _, pair := range [][2]string{{"1", "1.0"}, {"-0.5e3", "500"}, {".1e-4", "1."}, {"+00", "-0"}, {"12e5", "1.2e6"}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, x, y string) {
		a, aok := parseDecimal(x)
		b, bok := parseDecimal(y)
		if !aok || !bok || max(a.exponent, b.exponent) > 500 || min(a.exponent, b.exponent) < -500 {
			return
		}
		r, s := rational(t, x), rational(t, y)
		if got, want := a.compare(b), r.Cmp(s); got != want {
			t.Fatalf("%q and %q: %d, want %d", x, y, got, want)
		}
		if plain, ok := a.plain(); ok && (rational(t, plain).Cmp(r) != 0 || strings.ContainsAny(plain, "eE+")) {
			t.Fatalf("%q is %q", x, plain)
		}
	})
}

func rational(t *testing.T, text string) *big.Rat {
	r, ok := new(big.Rat).SetString(strings.Trim(text, " \t\r\n"))
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	return r
}
