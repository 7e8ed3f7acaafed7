package assertion

import (
	"cmp"
	"strconv"
	"strings"
)

// A decimal is a number as it is written, without the loss of a binary float: 0.digits × 10^exponent. The exponent stays a
// number of its own, so that 1e999999999 costs nothing.
type decimal struct {
	negative bool
	digits   string // without zeros at either end; "" is zero
	exponent int64
}

const exponentLimit = 1_000_000_000

// isNumber reports whether text is a number or can be cast to one: decimal digits with sign, fraction and exponent, white
// space around it. Words such as NaN, hexadecimal digits and separators are no numbers: what a cast makes of them differs from
// language to language.
func isNumber(text string) bool {
	_, _, _, ok := splitNumber(text)
	return ok
}

// parseDecimal reads a number. It fails on what is no number and on an exponent beyond a thousand million.
func parseDecimal(text string) (d decimal, ok bool) {
	whole, fraction, exponent, ok := splitNumber(text)
	if !ok {
		return d, false
	}
	if exponent != "" {
		n, err := strconv.ParseInt(exponent, 10, 64)
		if err != nil || n > exponentLimit || n < -exponentLimit {
			return d, false
		}
		d.exponent = n
	}
	whole, d.negative = strings.CutPrefix(whole, "-")
	digits := strings.TrimLeft(strings.TrimPrefix(whole, "+")+fraction, "0")
	d.exponent += int64(len(digits) - len(fraction))
	d.digits = strings.TrimRight(digits, "0")
	if d.digits == "" {
		return decimal{}, true // there is but one zero
	}
	return d, true
}

// splitNumber takes a number apart: digits with sign, digits behind the point, exponent with sign.
func splitNumber(text string) (whole, fraction, exponent string, ok bool) {
	mantissa := strings.Trim(text, " \t\r\n")
	if i := strings.IndexAny(mantissa, "eE"); i >= 0 {
		mantissa, exponent = mantissa[:i], mantissa[i+1:]
		if !allDigits(unsigned(exponent)) || unsigned(exponent) == "" {
			return "", "", "", false
		}
	}
	whole, fraction, _ = strings.Cut(mantissa, ".")
	digits := unsigned(whole) + fraction
	return whole, fraction, exponent, digits != "" && allDigits(unsigned(whole)) && allDigits(fraction)
}

func unsigned(s string) string {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		return s[1:]
	}
	return s
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// compare returns -1, 0 or 1, as d is less than, equal to or greater than e.
func (d decimal) compare(e decimal) int {
	if sign := cmp.Compare(d.sign(), e.sign()); sign != 0 {
		return sign
	}
	return d.sign() * cmp.Or(cmp.Compare(d.exponent, e.exponent), strings.Compare(d.digits, e.digits))
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	default:
		return 1
	}
}

// plainLimit bounds the zeros that plain writes out.
const plainLimit = 21

// plain writes the number without an exponent and without zeros that mean nothing: 1.50 is 1.5, 1.0 is 1, 1e3 is 1000. It fails
// on numbers for which JavaScript, too, would write an exponent.
func (d decimal) plain() (text string, ok bool) {
	sign, zeros := "", int(d.exponent)-len(d.digits)
	if d.negative {
		sign = "-"
	}
	switch {
	case d.digits == "":
		return "0", true
	case d.exponent > plainLimit || d.exponent <= -6:
		return "", false
	case zeros >= 0:
		return sign + d.digits + strings.Repeat("0", zeros), true
	case d.exponent <= 0:
		return sign + "0." + strings.Repeat("0", int(-d.exponent)) + d.digits, true
	default:
		return sign + d.digits[:d.exponent] + "." + d.digits[d.exponent:], true
	}
}
