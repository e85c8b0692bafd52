window.__THAR_CONFIG = {
  "userInfo" : {
    "accountId" : "9007199254740993",
    "userName" : "wren_of_lindow",
    "displayName" : "Wren"
  },
  "archiveInfo" : {
    "sizeBytes" : "4096",
    "generationDate" : "2024-07-01T12:00:00.000Z",
    "isPartialArchive" : false
  }
}
