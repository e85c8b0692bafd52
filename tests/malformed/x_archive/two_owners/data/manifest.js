window.__THAR_CONFIG = { "userInfo" : { "accountId" : "12"
