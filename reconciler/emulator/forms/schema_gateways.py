"""The structures of API gateways and their routes, in the form of `schema`.

Nearly all of them are shown also when they are empty, and none has a snake_case name.
"""

from __future__ import annotations

GATEWAY_STRUCTS = {
    "Status": "Conditions []Condition !",
    "Condition": "Type str !; Status str !; Reason str !; Message str !; Resource *Reference; "
    "LastTransitionTime str !",
    "Reference": "Kind str !; Name str !; SectionName str !; Namespace str ent; Partition str ent",
    "GatewayListener": "Name str !; Hostname str !; Port int !; "
    "Protocol str =structs.APIGatewayListenerProtocol !; TLS GatewayListenerTLS !; "
    "Override *GatewayPolicy >=17; Default *GatewayPolicy >=17",
    "GatewayListenerTLS": "Certificates []Reference !; MaxVersion str =types.TLSVersion !; "
    "MinVersion str =types.TLSVersion !; "
    "CipherSuites strs =types.TLSCipherSuite !",
    "GatewayPolicy": "JWT *TokenRules",
    "TokenRules": "Providers []*JWTProvider ent",
    "HTTPRule": "Filters HTTPFilters !; ResponseFilters HTTPResponseFilters ! >=17; Matches []HTTPMatch !; "
    "Services []HTTPService !",
    "HTTPFilters": "Headers []HeaderFilter !; URLRewrite *URLRewrite !; RetryFilter *RetryFilter ! >=17; "
    "TimeoutFilter *TimeoutFilter ! >=17; JWT *TokenRules ! >=17",
    "HTTPResponseFilters": "Headers []HeaderFilter !",
    "HeaderFilter": "Add map !; Remove strs !; Set map !",
    "URLRewrite": "Path str !",
    "RetryFilter": "NumRetries int =uint32 !; RetryOn strs !; RetryOnStatusCodes ints !; "
    "RetryOnConnectFailure bool !",
    "TimeoutFilter": "RequestTimeout ns !; IdleTimeout ns !",
    "HTTPMatch": "Headers []MatchedHeader !; Method str =structs.HTTPMatchMethod !; Path MatchedPath !; "
    "Query []MatchedQuery !",
    "MatchedHeader": "Match str =structs.HTTPHeaderMatchType !; Name str !; Value str !",
    "MatchedQuery": "Match str =structs.HTTPQueryMatchType !; Name str !; Value str !",
    "MatchedPath": "Match str =structs.HTTPPathMatchType !; Value str !",
    "HTTPService": "Name str !; Weight int !; Filters HTTPFilters !; "
    "ResponseFilters HTTPResponseFilters ! >=17; Namespace str ent; Partition str ent",
    "TCPService": "Name str !; Namespace str ent; Partition str ent",
}
