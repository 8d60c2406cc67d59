package awstest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// version is a version of Kubernetes that EKS offers.
type version struct{ name, released, standard, extended string }

// versions are those of late 2026. Source: the release calendar in the user guide of EKS; the two newest are estimates.
var versions = [...]version{
	{"1.32", "2025-01-23", "2026-03-23", "2027-03-23"},
	{"1.33", "2025-05-29", "2026-07-29", "2027-07-29"},
	{"1.34", "2025-10-02", "2026-12-02", "2027-12-02"},
	{"1.35", "2026-01-27", "2027-03-27", "2028-03-27"},
	{"1.36", "2026-06-10", "2027-08-10", "2028-08-10"},
}

func offered(name string) bool {
	return slices.ContainsFunc(versions[:], func(v version) bool { return v.name == name })
}

func describeVersions(x *exchange) (any, error) {
	list := []fieldsOf{}
	wanted := x.form.Get("versionStatus")
	for _, v := range versions {
		status := "STANDARD_SUPPORT"
		switch {
		case x.now.After(day(v.extended)):
			status = "UNSUPPORTED"
		case x.now.After(day(v.standard)):
			status = "EXTENDED_SUPPORT"
		}
		if wanted != "" && wanted != status {
			continue
		}
		list = append(list, fieldsOf{
			"clusterVersion": v.name, "clusterType": "eks", "defaultPlatformVersion": "eks.7", "defaultVersion": v.name == "1.35",
			"releaseDate": epoch(day(v.released)), "endOfStandardSupportDate": epoch(day(v.standard)),
			"endOfExtendedSupportDate": epoch(day(v.extended)), "versionStatus": status,
			"status":                 strings.ReplaceAll(strings.ToLower(status), "_", "-"),
			"kubernetesPatchVersion": v.name + ".2",
		})
	}
	cut, next, err := page(x, list, x.form.Get("nextToken"))
	if err != nil {
		return nil, fail(http.StatusBadRequest, "InvalidParameterException", "Invalid nextToken")
	}
	answer := fieldsOf{"clusterVersions": cut}
	if next != "" {
		answer["nextToken"] = next
	}
	return answer, nil
}

func day(text string) time.Time {
	at, _ := time.Parse(time.DateOnly, text) // of our own table
	return at
}
