package assertion

import (
	"fmt"
	"unicode/utf8"

	"offscope/bucket"
)

// Label names source and property as the hosted service's results do: "body.name", "header.Location", "Status".
func Label(src bucket.Source, property string) string {
	switch src {
	case bucket.ResponseJSON, bucket.ResponseXML:
		if property == "" {
			return "body"
		}
		return "body." + property
	case bucket.ResponseHeaders:
		return "header." + property
	case bucket.ResponseText:
		return "body"
	case bucket.ResponseStatus:
		return "Status"
	case bucket.ResponseTime:
		return "Response time (ms)"
	case bucket.ResponseSize:
		return "Response (bytes)"
	default:
		return "unknown source"
	}
}

// truth says whether the positive sentence of a comparison is true: "was equal to" for not_equal that failed.
func truth(comparison bucket.Comparison, passed bool) bool {
	switch comparison {
	case bucket.NotEqual, bucket.NotEmpty, bucket.DoesNotContain:
		return !passed
	}
	return passed
}

// phrase writes how a comparison ended. The wording follows the result view of the hosted service, as far as that is public.
func phrase(comparison bucket.Comparison, holds bool, actual Actual, target string) string {
	not := "not "
	if holds {
		not = ""
	}
	a, b := quote(actual.Text, actual.Whole), quote(target, true)
	switch comparison {
	case bucket.Equal, bucket.NotEqual:
		return a + " was " + not + "equal to " + b
	case bucket.Empty, bucket.NotEmpty:
		return "was " + not + "empty"
	case bucket.Contains, bucket.DoesNotContain:
		return a + either(holds, " contained ", " did not contain ") + b
	case bucket.IsANumber:
		return a + " was " + not + "a number"
	case bucket.EqualNumber:
		return a + " was " + not + "equal to the number " + bare(target)
	case bucket.IsLessThan:
		return a + " was " + not + "lower than " + bare(target)
	case bucket.IsLessThanOrEqual:
		return a + " was " + not + "lower than or equal to " + bare(target)
	case bucket.IsGreaterThan:
		return a + " was " + not + "greater than " + bare(target)
	case bucket.IsGreaterThanOrEqual:
		return a + " was " + not + "greater than or equal to " + bare(target)
	case bucket.HasKey:
		return a + either(holds, " had the key ", " did not have the key ") + b
	case bucket.HasValue:
		return a + either(holds, " had the value ", " did not have the value ") + b
	default:
		return "was " + not + "null"
	}
}

func either(holds bool, yes, no string) string {
	if holds {
		return yes
	}
	return no
}

// missingPhrase is the sentence about a value that is not there. The hosted service calls it empty where a value was asked for.
func missingPhrase(comparison bucket.Comparison) string {
	if comparison == bucket.NotEmpty {
		return "was empty"
	}
	return "was not found"
}

// quoteLimit is how many characters a sentence quotes. A longer text is named by its length and not cut: a cut could halve a
// secret, and masking would not find the half.
const quoteLimit = 300

func quote(text string, whole bool) string {
	if len(text) <= quoteLimit && whole {
		return "'" + text + "'"
	}
	return long(text, whole)
}

// bare is for numbers, which stand without quotes.
func bare(text string) string {
	if len(text) <= quoteLimit && isNumber(text) {
		return text
	}
	return quote(text, true)
}

func long(text string, whole bool) string {
	if !whole {
		return fmt.Sprintf("(more than %d characters)", actualLimit)
	}
	return fmt.Sprintf("(%d characters)", utf8.RuneCountInString(text))
}
