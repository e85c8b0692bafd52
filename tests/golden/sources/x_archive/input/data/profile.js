window.YTD.profile.part0 = [
  {
    "profile" : {
      "description" : {
        "bio" : "Keeps bees, badly.",
        "website" : "https://t.co/beesbeesbe",
        "location" : "Lindow"
      },
      "avatarMediaUrl" : "https://pbs.twimg.com/profile_images/1/bee.jpg"
    }
  }
]
